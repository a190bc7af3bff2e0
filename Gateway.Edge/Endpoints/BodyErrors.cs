using System.Globalization;
using Gateway.Core.Errors;

namespace Gateway.Edge.Endpoints;

/// <summary>What is told about bodies that are not read.</summary>
internal static class BodyErrors
{
    public static GatewayException TooLarge(long limit) => new(
        GatewayErrorKind.BodyTooLarge, $"The request body is larger than {Size(limit)}, the limit of this gateway (server.max_body). Send less, or ask its operator to raise it.");

    private static string Size(long bytes)
    {
        const long Kibi = 1024;
        const long Mebi = Kibi * Kibi;
        return bytes % Mebi == 0 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Mebi} MiB")
            : bytes % Kibi == 0 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Kibi} KiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes");
    }
}
