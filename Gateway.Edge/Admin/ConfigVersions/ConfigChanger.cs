using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>A document of an operator that is not one.</summary>
internal sealed class ConfigInvalidException(IReadOnlyList<ConfigError> errors) : Exception("The document has errors.")
{
    public IReadOnlyList<ConfigError> Errors => errors;
}

/// <summary>What became of a change.</summary>
/// <param name="Version">Null while it is not kept.</param>
/// <param name="Warnings">What the operator should know.</param>
internal sealed record ConfigChange(string Sha256, long? Version, bool IsOther, long Generation, IReadOnlyList<string> Warnings);

/// <summary>Puts documents of operators into force, and shows those that are with their secrets hidden. Thread-safe: changes take turns, and those of other processes are noticed.</summary>
internal sealed class ConfigChanger(IConfigStore configs, ConfigDocument document, ConfigVersionRecorder recorder, IConfigVersionStore store, SecretDigests digests)
{
    public const string AnyDocument = "*";

    private static readonly GatewayError StoreAway = new(
        GatewayErrorKind.ServiceUnavailable, "The store of the document's versions does not answer, so nothing was changed. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private static readonly GatewayError Which = new(
        GatewayErrorKind.ConfigPreconditionRequired, "Say which document this one replaces: send the ETag of GET /admin/v1/config as If-Match, or 'If-Match: *' to replace whatever is there.", "if-match");

    private static readonly GatewayError Another = new(
        GatewayErrorKind.ConfigChanged, "Another document is in force than the one in If-Match. Look at it (GET /admin/v1/config), and try again with its ETag.", "if-match");

    /// <summary>The text in force; null where there is none.</summary>
    public string? Current => configs.Current.Listing?.Text;

    public MaskedDocument Mask(string text) => MaskedDocument.Of(text, TagOf);

    /// <summary>What would become of a text, which may name the hidden secrets of the document in force.</summary>
    public ConfigLoadResult Check(string text) => document.Check(text, Current is { } current ? Mask(current) : null);

    /// <param name="text">As the operator wrote it; hidden secrets of the document in force stand for themselves.</param>
    /// <param name="ifMatch">Hashes of which one must be in force, or <see cref="AnyDocument"/>; null for none said.</param>
    /// <exception cref="ConfigInvalidException">It has errors.</exception>
    /// <exception cref="GatewayException">It cannot be put there.</exception>
    public Task<ConfigChange> PutAsync(string text, IReadOnlyList<string>? ifMatch, string source, string author, string? comment, CancellationToken cancellationToken) => recorder.InTurnAsync(
        async () =>
        {
            // 1. Which document was seen.
            var current = Current ?? throw new GatewayException(GatewayErrorKind.ConfigNotWritable, "There is no document in force that could be replaced.");
            var isAny = ifMatch is [AnyDocument];
            if (ifMatch is null || (!isAny && !ifMatch.Contains(ConfigVersion.HashOf(current), StringComparer.OrdinalIgnoreCase)))
            {
                throw new GatewayException(ifMatch is null ? Which : Another);
            }

            // 2. Whether the new one is good, as it was sent and as it will be written.
            var masked = Mask(current);
            Check(document.Check(text, masked));
            var whole = masked.Unmask(text);
            var result = Check(document.Check(whole));

            // 3. Nothing is written that could not be taken back.
            await AskStoreAsync(cancellationToken);
            var written = document.Write(whole, isAny ? null : current);
            if (written.Outcome != DocumentWriteOutcome.Written)
            {
                throw new GatewayException(written.Outcome == DocumentWriteOutcome.Changed ? GatewayErrorKind.ConfigChanged : GatewayErrorKind.ConfigNotWritable, written.Problem);
            }

            // 4. From here on nobody may stop half-way for a client that is gone.
            var warnings = Warnings(whole, result);
            var sha256 = ConfigVersion.HashOf(whole);
            var number = await KeepAsync(whole, source, author, comment, warnings);
            return new ConfigChange(sha256, number, whole != current, configs.Current.Generation, warnings);
        },
        cancellationToken);

    private async Task<long?> KeepAsync(string text, string source, string author, string? comment, List<string> warnings)
    {
        try
        {
            return (await recorder.KeepAsync(text, source, author, comment, CancellationToken.None)).Number;
        }
        catch (ConfigVersionStoreException)
        {
            warnings.Add("The document is written, and could not be kept as a version yet: its store does not answer. It will be, without author and comment.");
            return null;
        }
    }

    private async Task AskStoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.ListAsync(long.MaxValue, limit: 1, cancellationToken);
        }
        catch (ConfigVersionStoreException)
        {
            throw new GatewayException(StoreAway);
        }
    }

    private List<string> Warnings(string text, GatewayConfig config)
    {
        var warnings = new List<string>();
        if (Current != text)
        {
            warnings.Add("The file is written, and this Edge goes on with the document before. 'problem' of GET /admin/v1/config says why.");
        }
        else if (configs.Problem is not null)
        {
            warnings.Add("The document is in force, and a part of the gateway could not take it over. The log of the service says why.");
        }

        if (config.Server.AdminKey is null)
        {
            warnings.Add("server.admin_key is gone: /admin and /console are off from now on. Only the file can bring them back.");
        }

        return warnings;
    }

    private static GatewayConfig Check(ConfigLoadResult result) => result.Config ?? throw new ConfigInvalidException(result.Errors);

    /// <summary>Under the pepper, so that nobody can try out what a tag stands for; of a hash, since digests are of short texts.</summary>
    private string TagOf(string secret) => digests.Of("tag of the configuration " + ConfigVersion.HashOf(secret)).ToHex()[..MaskedDocument.TagLength];
}
