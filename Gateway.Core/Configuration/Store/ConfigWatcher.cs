using Microsoft.Extensions.Logging;

namespace Gateway.Core.Configuration.Store;

/// <summary>Calls back some time after a file may have changed. It watches the folder, since editors and Kubernetes replace the file or a link above it.</summary>
internal sealed class ConfigWatcher : IDisposable
{
    /// <summary>Writers write in several steps; what they leave in between is no document.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(250);

    /// <summary>For what no notification tells: network file systems, links into other folders, an exhausted notification queue.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(10);

    private readonly FileSystemWatcher? _folder;
    private readonly ITimer _settle;
    private readonly ITimer _poll;

    public ConfigWatcher(string file, Action changed, TimeProvider time, ILogger log)
    {
        // The first call comes at once: the document may have changed between its first reading and now.
        _settle = time.CreateTimer(static state => ((Action)state!)(), changed, Settle, Timeout.InfiniteTimeSpan);
        _poll = time.CreateTimer(static state => ((Action)state!)(), changed, Poll, Poll);
        try
        {
            _folder = new FileSystemWatcher(Path.GetDirectoryName(file)!)
            {
                // Any name: with a link swap the event names the link's folder, not the file.
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            _folder.Changed += OnEvent;
            _folder.Created += OnEvent;
            _folder.Deleted += OnEvent;
            _folder.Renamed += OnEvent;
            _folder.Error += OnError;
            _folder.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or PlatformNotSupportedException or UnauthorizedAccessException)
        {
            // Watches are a limited resource of the machine; the poll does it too, only slower.
            log.NotWatching(exception.GetType().Name, Poll.TotalSeconds);
        }
    }

    public void Dispose()
    {
        _folder?.Dispose();
        _settle.Dispose();
        _poll.Dispose();
    }

    private void OnEvent(object sender, FileSystemEventArgs change) => _settle.Change(Settle, Timeout.InfiniteTimeSpan);

    private void OnError(object sender, ErrorEventArgs error) => _settle.Change(Settle, Timeout.InfiniteTimeSpan);
}
