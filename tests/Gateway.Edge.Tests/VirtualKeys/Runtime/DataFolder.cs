using Gateway.Edge.VirtualKeys.Store;

namespace Gateway.Edge.Tests.VirtualKeys.Runtime;

/// <summary>A data folder of a test's own.</summary>
public abstract class DataFolder : IDisposable
{
    protected string Data { get; } = Directory.CreateTempSubdirectory("edge-data-").FullName;

    protected string KeysFile => Path.Combine(Data, "edge", FileKeyStore.FileName);

    public void Dispose()
    {
        Directory.Delete(Data, recursive: true);
        GC.SuppressFinalize(this);
    }
}
