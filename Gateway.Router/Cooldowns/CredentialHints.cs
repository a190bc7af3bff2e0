using Gateway.Router.Credentials;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Cooldowns;

/// <summary>
/// Tells other Routers which keys rest or are refused, and takes over what they tell. The id of such a hint is <c>r|q FINGERPRINT PROVIDER DEPLOYMENT</c>,
/// parted by blanks; the deployment is empty for all of the provider. The key itself is never told.
/// </summary>
internal sealed class CredentialHints(HintBus hints, RouterClock clock, CredentialEvents? events = null, CredentialPools? pools = null) : IHostedService
{
    private const string Rests = "r";
    private const string Refused = "q";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (events is not null && pools is not null)
        {
            events.Happened += Tell;
            hints.Received += Take;
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        if (events is not null)
        {
            events.Happened -= Tell;
            hints.Received -= Take;
        }

        return Task.CompletedTask;
    }

    /// <returns>Null for what is no such hint.</returns>
    internal static CredentialHint? Read(in Hint hint, long now)
    {
        var words = hint.Id.Split(' ', 4);
        return words.Length == 4 && words[0] is Rests or Refused
            ? new CredentialHint(words[2], words[3].Length == 0 ? null : words[3], words[1], words[0] == Refused, TimeSpan.FromTicks(hint.Until - now))
            : null;
    }

    internal static string IdOf(in CredentialEvent happened) =>
        $"{(happened.Kind == CredentialEventKind.Quarantined ? Refused : Rests)} {happened.Fingerprint} {happened.Provider} {happened.Deployment}";

    private void Tell(CredentialEvent happened)
    {
        // That a key is accepted again everybody finds out by trying it, which is soon.
        if (hints.IsUsed && happened.Kind != CredentialEventKind.Released && happened.Fingerprint.Length > 0)
        {
            hints.Publish(HintKind.Credential, IdOf(in happened), clock.Now + happened.For.Ticks);
        }
    }

    private void Take(Hint hint)
    {
        if (hint.Kind == HintKind.Credential && Read(in hint, clock.Now) is { } credential)
        {
            pools!.Accept(in credential, clock.Now);
        }
    }
}
