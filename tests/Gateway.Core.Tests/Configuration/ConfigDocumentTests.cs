using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Store;
using Gateway.Core.Journal;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Another document in the place of the file.</summary>
public sealed class ConfigDocumentTests : IDisposable
{
    private const string Next = "version: 1\nserver: { admin_key: admin-key-b }\n";

    private readonly ConfigFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly ListLogger<ConfigStore> _log = new();

    private string Temporary => Path.Combine(Path.GetDirectoryName(_folder.File)!, ".gateway.yaml.new");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Written_document_is_in_force_at_once_and_keeps_mode_and_nothing_else_is_left()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _folder.Write("admin-key-a");
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(_folder.File, Mode);
        using var store = Open(_folder.Source);

        Assert.Equal(DocumentWriteOutcome.Written, Document(store, _folder.Source).Write(Next, File.ReadAllText(_folder.File)).Outcome);

        Assert.Equal(("admin-key-b", 2L), (store.Current.Config.Server.AdminKey, store.Current.Generation));
        Assert.Equal((Next, Mode), (File.ReadAllText(_folder.File), File.GetUnixFileMode(_folder.File)));
        Assert.Equal(["gateway.yaml"], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(_folder.File)!).Select(Path.GetFileName));
    }

    [Fact]
    public void Link_stays_and_the_file_behind_it_is_replaced()
    {
        _folder.Write("admin-key-a", link: true);
        using var store = Open(_folder.Source);

        Assert.Equal(DocumentWriteOutcome.Written, Document(store, _folder.Source).Write(Next, expected: null).Outcome);

        Assert.NotNull(new FileInfo(_folder.File).LinkTarget);
        Assert.Equal("admin-key-b", store.Current.Config.Server.AdminKey);
    }

    [Fact]
    public void Another_document_in_the_file_is_not_overwritten()
    {
        _folder.Write("admin-key-a");
        using var store = Open(_folder.Source);
        _folder.WriteText("version: 1\nbroken: by hand\n");

        Assert.Equal(DocumentWriteOutcome.Changed, Document(store, _folder.Source).Write(Next, "version: 1\nserver: { admin_key: admin-key-a }\n").Outcome);

        Assert.Equal("version: 1\nbroken: by hand\n", File.ReadAllText(_folder.File));
        Assert.False(File.Exists(Temporary));
    }

    [Fact]
    public void Somebody_who_writes_just_now_is_not_disturbed_and_what_he_left_behind_is_no_obstacle()
    {
        _folder.Write("admin-key-a");
        using var store = Open(_folder.Source);
        File.WriteAllText(Temporary, "half");
        File.SetLastWriteTimeUtc(Temporary, _time.GetUtcNow().UtcDateTime);
        var document = Document(store, _folder.Source);

        Assert.Equal(DocumentWriteOutcome.Changed, document.Write(Next, expected: null).Outcome);
        Assert.Equal("half", File.ReadAllText(Temporary));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(DocumentWriteOutcome.Written, document.Write(Next, expected: null).Outcome);
    }

    [Fact]
    public void File_that_cannot_be_written_says_what_to_do_instead_and_stays()
    {
        _folder.Write("admin-key-a");
        using var store = Open(_folder.Source);
        Directory.CreateDirectory(Temporary);

        var written = Document(store, _folder.Source).Write(Next, expected: null);

        Assert.Equal(DocumentWriteOutcome.NotWritable, written.Outcome);
        Assert.Contains("let the Edge write the file's folder", written.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), written.Problem, StringComparison.Ordinal);
        Assert.Equal("admin-key-a", store.Current.Config.Server.AdminKey);
    }

    [Fact]
    public void Disk_that_fails_leaves_the_old_document_and_nothing_else()
    {
        _folder.Write("admin-key-a");
        using var store = Open(_folder.Source);

        Assert.Equal(DocumentWriteOutcome.NotWritable, new ConfigDocument(_folder.Source, store, new BadDisk(), _time).Write(Next, expected: null).Outcome);

        Assert.Contains("admin-key-a", File.ReadAllText(_folder.File), StringComparison.Ordinal);
        Assert.False(File.Exists(Temporary));
    }

    [Fact]
    public void Document_of_the_environment_has_no_file_to_write()
    {
        var source = new ConfigSource("", static name => name == "OPENAI_API_KEY" ? "sk" : null);
        using var store = Open(source);

        var written = Document(store, source).Write(Next, expected: null);

        Assert.Equal(DocumentWriteOutcome.NotWritable, written.Outcome);
        Assert.Contains("GATEWAY_CONFIG", written.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Catalogue_that_is_not_there_is_an_error_of_the_document()
    {
        _folder.Write("admin-key-a");
        using var store = Open(_folder.Source);

        var error = Assert.Single(Document(store, _folder.Source).Check("version: 1\npricing:\n  catalogue: nowhere.yaml\n").Errors);

        Assert.Equal((3, "pricing.catalogue"), (error.Line, error.Path));
        Assert.Contains("there is no such file", error.Message, StringComparison.Ordinal);
    }

    private ConfigStore Open(ConfigSource source) => new(source, ConfigStore.LoadFirst(source), _time, _log);

    private ConfigDocument Document(ConfigStore store, ConfigSource source) => new(source, store, JournalDisk.Real, _time);

    private sealed class BadDisk : JournalDisk
    {
        public override void Sync(SafeFileHandle file) => throw new IOException("no room");
    }
}
