using Microsoft.Extensions.Configuration;

namespace Gateway.ServiceDefaults.Serving;

/// <summary>Whether our code runs on the socket threads. Decided once, before the first socket. See docs/adr/0003-inline-completions.md.</summary>
internal static class InlineCompletions
{
    private const string SocketSwitch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Sets the runtime's switch unless somebody else did, and says how sockets will run.</summary>
    public static bool Decide(IConfiguration configuration)
    {
        if (Environment.GetEnvironmentVariable(SocketSwitch) is { Length: > 0 } set)
        {
            // The operator spoke to the runtime itself: the server follows.
            return set == "1";
        }
        if (!IsWanted(configuration))
        {
            return false;
        }

        // Waking pool threads costs more than our work: 448 against 104 µs of CPU a request at 1,000 req/s over two hops
        // (performance.md §4.1). The runtime reads the variable once, when it makes the first socket.
        Environment.SetEnvironmentVariable(SocketSwitch, "1");
        return true;
    }

    private static bool IsWanted(IConfiguration configuration) =>
        (configuration["GATEWAY_INLINE_COMPLETIONS"] ?? configuration["Gateway:InlineCompletions"]) is not { } text
        || !(text is "0" || string.Equals(text, "false", StringComparison.OrdinalIgnoreCase));
}
