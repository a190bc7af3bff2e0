using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.Core.Requests;

/// <summary>The boundary of a form, and whether a body has it only where parts begin and end.</summary>
public sealed class FormBoundary
{
    /// <summary>RFC 2046's limit.</summary>
    private const int MaxLength = 70;

    private const string MediaType = "multipart/form-data";

    // RFC 2046's characters but for the space, which may not stand at the end and which nobody uses.
    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+_,-./:=?");
    private static readonly SearchValues<char> Unquoted = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'+_-.");

    private readonly byte[] _delimiter;

    private FormBoundary(string value)
    {
        Value = value;
        _delimiter = Encoding.ASCII.GetBytes("--" + value);
        ContentType = value.AsSpan().ContainsAnyExcept(Unquoted) ? $"{MediaType}; boundary=\"{value}\"" : $"{MediaType}; boundary={value}";
    }

    public string Value { get; }

    /// <summary>The content type written anew, so that nobody behind us reads another boundary out of an odd one.</summary>
    public string ContentType { get; }

    /// <returns>False for anything but one <c>multipart/form-data</c> with one boundary.</returns>
    public static bool TryParse(StringValues contentType, [NotNullWhen(true)] out FormBoundary? boundary)
    {
        boundary = null;
        if (contentType.Count != 1 || !MediaTypeHeaderValue.TryParse(contentType[0], out var type) || !type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        string? value = null;
        foreach (var parameter in type.Parameters)
        {
            if (!parameter.Name.Equals("boundary", StringComparison.OrdinalIgnoreCase))
            {
                if (parameter.Name.StartsWith("boundary", StringComparison.OrdinalIgnoreCase))
                {
                    // boundary*, boundary*0: spellings that only some readers know.
                    return false;
                }

                continue;
            }

            if (value is not null)
            {
                return false;
            }

            value = HeaderUtilities.RemoveQuotes(parameter.Value).ToString();
        }

        if (value is not { Length: > 0 and <= MaxLength } || value.AsSpan().ContainsAnyExcept(Allowed))
        {
            return false;
        }

        boundary = new FormBoundary(value);
        return true;
    }

    /// <summary>
    /// Counts the parts of a body that every reader cuts alike: it begins with the first delimiter and ends with the last, each stands on a
    /// line of its own, and the boundary occurs nowhere else. Readers differ in what else they take for a delimiter.
    /// </summary>
    /// <returns>-1 for any other body.</returns>
    internal int CountParts(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(_delimiter))
        {
            return -1;
        }

        var parts = 0;
        var rest = body[_delimiter.Length..];
        while (rest.StartsWith("\r\n"u8))
        {
            parts++;
            var next = rest.IndexOf(_delimiter);
            if (next < 2 || !rest[..next].EndsWith("\r\n"u8))
            {
                return -1;
            }

            rest = rest[(next + _delimiter.Length)..];
        }

        return rest.StartsWith("--"u8) && (rest.Length == 2 || rest[2..].SequenceEqual("\r\n"u8)) ? parts : -1;
    }
}
