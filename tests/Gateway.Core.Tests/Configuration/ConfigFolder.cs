using System.Runtime.InteropServices;
using Gateway.Core.Configuration.Store;

namespace Gateway.Core.Tests.Configuration;

/// <summary>A folder with a document in it, replaced as a whole like editors and Kubernetes do.</summary>
internal sealed class ConfigFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-config-").FullName;
    private int _version;

    public ConfigFolder() => Source = new ConfigSource(File, static _ => null);

    public string File => Path.Combine(_folder, "gateway.yaml");

    public ConfigSource Source { get; }

    /// <summary>Writes a good document with the given admin key, by rename or by swapping a link two levels above the text.</summary>
    public void Write(string adminKey, bool link = false)
    {
        var text = $"version: 1\nserver: {{ admin_key: {adminKey} }}\n";
        if (!link)
        {
            WriteText(text);
            return;
        }

        // As Kubernetes mounts a ConfigMap: gateway.yaml -> ..data/gateway.yaml, ..data -> ..v1; an update renames a new ..data over the old one.
        var version = $"..v{++_version}";
        Directory.CreateDirectory(Path.Combine(_folder, version));
        System.IO.File.WriteAllText(Path.Combine(_folder, version, "gateway.yaml"), text);
        var next = Path.Combine(_folder, "..data_tmp");
        Directory.CreateSymbolicLink(next, version);
        var data = Path.Combine(_folder, "..data");
        if (_version == 1)
        {
            Directory.Move(next, data);
            System.IO.File.CreateSymbolicLink(File, Path.Combine("..data", "gateway.yaml"));
        }
        else
        {
            Assert.Equal(0, Rename(next, data));
        }
    }

    public void WriteText(string text)
    {
        var next = Path.Combine(_folder, $"next-{++_version}");
        System.IO.File.WriteAllText(next, text);
        System.IO.File.Move(next, File, overwrite: true);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // .NET has no call that renames a link to a folder over another one.
    [DllImport("libc", EntryPoint = "rename", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(string from, string to);
}
