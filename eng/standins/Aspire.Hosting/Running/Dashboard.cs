using System.Globalization;
using System.Security.Cryptography;

namespace Aspire.Hosting.Running;

/// <summary>The vendor's dashboard, where "make dashboard" has installed it: receives the telemetry of all projects and shows it.</summary>
internal sealed class Dashboard : IDisposable
{
    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(20);

    private readonly OutputFilter _output = new(all: false);
    private Child? _child;
    private Task<int> _exited = Task.FromResult(0);

    /// <returns>Where and with which key to send telemetry; null where no dashboard is installed.</returns>
    public async Task<(string Url, string ApiKey)?> StartAsync(DistributedApplicationBuilder builder, Guard guard, CancellationToken cancellationToken)
    {
        if (builder.AppHostAssembly?.Metadata("standindashboardfolder") is not { } folder) { return null; }
        var program = Path.Combine(folder, "managed", OperatingSystem.IsWindows() ? "aspire-managed.exe" : "aspire-managed");
        if (!File.Exists(program))
        {
            HostConsole.Host("No dashboard: 'make dashboard' installs one. Traces, metrics and logs then show there.");
            return null;
        }

        // Both are told to this run's own processes and on this terminal, to nobody else.
        var (token, apiKey) = (RandomNumberGenerator.GetHexString(32, lowercase: true), RandomNumberGenerator.GetHexString(32, lowercase: true));
        var ports = Ports.TakeFree(3);
        var url = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{ports[0]}");
        var otlp = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{ports[1]}");
        var start = Child.InOwnSession(program, ["dashboard"]);
        start.WorkingDirectory = folder;
        start.Environment["ASPNETCORE_URLS"] = url;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = otlp;
        start.Environment["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{ports[2]}");
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        start.Environment["DASHBOARD__FRONTEND__AUTHMODE"] = "BrowserToken";
        start.Environment["DASHBOARD__FRONTEND__BROWSERTOKEN"] = token;
        start.Environment["DASHBOARD__OTLP__AUTHMODE"] = "ApiKey";
        start.Environment["DASHBOARD__OTLP__PRIMARYAPIKEY"] = apiKey;
        start.Environment["DASHBOARD__APPLICATIONNAME"] = builder.Environment.ApplicationName;
        // It looks for the host's list of resources there; the stand-in serves none.
        start.Environment.Remove("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL");
        start.Environment.Remove("DOTNET_LAUNCH_PROFILE");

        _child = Child.Start(start, guard, OnLine);
        _exited = _child.ExitedAsync();
        if (!await AnswersAsync(url, cancellationToken).ConfigureAwait(false))
        {
            lock (_output)
            {
                foreach (var line in _output.Recent) { HostConsole.Write("dashboard", line); }
            }
            HostConsole.Host("The dashboard did not come up; this run goes on without it.");
            await StopAsync().ConfigureAwait(false);
            return null;
        }
        HostConsole.Host($"Dashboard: {url}/login?t={token}");
        return (otlp, apiKey);
    }

    /// <summary>It holds nothing worth draining.</summary>
    public async Task StopAsync()
    {
        if (_child is null) { return; }
        _child.Terminate();
        if (await Task.WhenAny(_exited, Task.Delay(TimeSpan.FromSeconds(5))).ConfigureAwait(false) != _exited) { _child.Kill(); }
        await _exited.ConfigureAwait(false);
    }

    public void Kill() => _child?.Kill();

    public void Dispose() => _child?.Dispose();

    private async Task<bool> AnswersAsync(string url, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_startTime);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
        while (!_exited.IsCompleted)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
                return true;
            }
            catch (HttpRequestException)
            {
                await Task.WhenAny(_exited, Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }
        return false;
    }

    private void OnLine(string line)
    {
        // Its own log is kept for the case that it fails; otherwise it would only repeat what stands above.
        lock (_output) { _output.Shows(line); }
    }
}
