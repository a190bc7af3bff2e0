using System.Text.Json;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Errors inside a 200: an <c>error</c> event, or an error document.</summary>
internal static class AnthropicErrors
{
    /// <summary>An event that cannot stand where it stood.</summary>
    public static readonly UpstreamError Invalid = new(StatusCodes.Status502BadGateway, null, "upstream_invalid_response", "The model provider sent something that is no event of its protocol.", null);

    /// <param name="data">The document. Never throws.</param>
    /// <returns><see cref="Invalid"/> for what is no error that the upstream says.</returns>
    public static UpstreamError Read(ReadOnlySpan<byte> data) => IsError(data) ? UpstreamErrors.Read(StatusCodes.Status200OK, data) : Invalid;

    private static bool IsError(ReadOnlySpan<byte> data)
    {
        try
        {
            var members = new JsonMembers(data);
            while (members.Next())
            {
                if (members.Is("error"u8) && members.Value() is not [(byte)'n', ..])
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // Broken before an error was found.
        }

        return false;
    }
}
