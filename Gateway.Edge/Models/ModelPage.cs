using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Gateway.Core.Errors;
using Microsoft.Extensions.Primitives;

namespace Gateway.Edge.Models;

/// <summary>A part of a list, as the query asks for it.</summary>
/// <param name="Models">In the order of the list.</param>
/// <param name="HasMore">Whether the list goes on in the direction that was asked for.</param>
internal sealed record ModelPage(IReadOnlyList<ListedModel> Models, bool HasMore)
{
    private const int MaxSize = 1000;
    private const int AnthropicSize = 20;
    private const int GeminiSize = 50;

    /// <summary><c>limit</c>, <c>after_id</c> and <c>before_id</c>.</summary>
    public static GatewayError? ReadAnthropic(IQueryCollection query, List<ListedModel> all, out ModelPage page)
    {
        page = new ModelPage([], HasMore: false);
        if (ReadSize(query, "limit", AnthropicSize, out var size) is { } wrongSize)
        {
            return wrongSize;
        }

        var (after, before) = (query["after_id"], query["before_id"]);
        if (after.Count + before.Count > 1)
        {
            return Invalid("Send one of 'after_id' and 'before_id', once.", "after_id");
        }

        if (before.Count == 1)
        {
            var end = IndexOf(all, before);
            var start = Math.Max(0, end - size);
            page = new ModelPage(all[start..Math.Max(end, 0)], start > 0);
            return end < 0 ? Invalid("'before_id' is no model of this list.", "before_id") : null;
        }

        if (after.Count == 1 && IndexOf(all, after) < 0)
        {
            return Invalid("'after_id' is no model of this list.", "after_id");
        }

        page = From(all, after.Count == 1 ? IndexOf(all, after) + 1 : 0, size);
        return null;
    }

    /// <summary><c>pageSize</c> and <c>pageToken</c>.</summary>
    public static GatewayError? ReadGemini(IQueryCollection query, List<ListedModel> all, out ModelPage page)
    {
        page = new ModelPage([], HasMore: false);
        if (ReadSize(query, "pageSize", GeminiSize, out var size) is { } wrongSize)
        {
            return wrongSize;
        }

        var start = 0;
        var token = query["pageToken"].ToString();
        if (token.Length > 0 && (!TryReadToken(token, out var last) || (start = IndexOf(all, last) + 1) == 0))
        {
            return Invalid("'pageToken' is none of this list. Start again without it.", "pageToken");
        }

        page = From(all, start, size);
        return null;
    }

    /// <summary>Where the next page of Gemini begins; null after the last.</summary>
    public string? NextToken => HasMore ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Models[^1].Name)) : null;

    private static ModelPage From(List<ListedModel> all, int start, int size)
    {
        var end = Math.Min(all.Count, start + size);
        return new ModelPage(all[start..end], end < all.Count);
    }

    private static GatewayError? ReadSize(IQueryCollection query, string name, int usual, out int size)
    {
        size = usual;
        var text = query[name].ToString();
        return text.Length == 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= 1 and <= MaxSize)
            ? null : Invalid($"'{name}' must be an integer from 1 to {MaxSize}.", name);
    }

    private static bool TryReadToken(string token, out StringValues name)
    {
        name = default;
        if (!Base64Url.IsValid(token))
        {
            return false;
        }

        name = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        return true;
    }

    private static int IndexOf(List<ListedModel> all, StringValues name) => all.FindIndex(model => string.Equals(model.Name, name.ToString(), StringComparison.Ordinal));

    private static GatewayError Invalid(string message, string param) => new(GatewayErrorKind.InvalidRequest, message, param);
}
