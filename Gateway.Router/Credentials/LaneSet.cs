namespace Gateway.Router.Credentials;

/// <summary>The lanes of one deployment by the fingerprint of their key. Guarded by the lock of its <see cref="CredentialMemory"/>.</summary>
internal sealed class LaneSet
{
    /// <summary>The turn that was taken last, see <see cref="CredentialLane.TurnAt"/>.</summary>
    public double Turn;

    public Dictionary<string, LaneMemory> Lanes { get; } = new(StringComparer.Ordinal);
}
