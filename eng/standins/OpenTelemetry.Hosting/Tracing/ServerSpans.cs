using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace OpenTelemetry.Instrumentation.AspNetCore;

/// <summary>Names and tags the framework's server span by the semantic conventions; the framework only starts and stops it.</summary>
internal sealed class ServerSpans : IDisposable, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string Span = "Microsoft.AspNetCore.Hosting.HttpRequestIn";
    private const string Started = Span + ".Start";
    private const string Stopped = Span + ".Stop";
    private const string Unhandled = "Microsoft.AspNetCore.Hosting.UnhandledException";

    private readonly AspNetCoreTraceInstrumentationOptions _options;
    private readonly List<IDisposable> _subscriptions = [];

    public ServerSpans(AspNetCoreTraceInstrumentationOptions options)
    {
        _options = options;
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    public void Dispose()
    {
        lock (_subscriptions)
        {
            _subscriptions.ForEach(static subscription => subscription.Dispose());
            _subscriptions.Clear();
        }
    }

    void IObserver<DiagnosticListener>.OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.AspNetCore")
        {
            lock (_subscriptions)
            {
                _subscriptions.Add(value.Subscribe(this, static name => name is Span or Started or Stopped or Unhandled));
            }
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (Activity.Current is not { IsAllDataRequested: true } activity)
        {
            return;
        }
        switch (value.Key)
        {
            case Started when value.Value is HttpContext context:
                Start(activity, context);
                break;
            case Stopped when value.Value is HttpContext context:
                Stop(activity, context);
                break;
            case Unhandled when value.Value?.GetType().GetProperty("exception")?.GetValue(value.Value) is Exception exception:
                activity.SetTag("error.type", exception.GetType().FullName);
                activity.SetStatus(ActivityStatusCode.Error);
                break;
        }
    }

    void IObserver<DiagnosticListener>.OnCompleted() { }

    void IObserver<DiagnosticListener>.OnError(Exception error) { }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted() { }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error) { }

    private void Start(Activity activity, HttpContext context)
    {
        if (_options.Filter is { } filter && !filter(context))
        {
            activity.IsAllDataRequested = false;
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        var request = context.Request;
        var method = KnownMethod(request.Method);
        activity.DisplayName = method ?? "HTTP";
        activity.SetTag("http.request.method", method ?? "_OTHER");
        if (method is null)
        {
            activity.SetTag("http.request.method_original", request.Method);
        }
        activity.SetTag("server.address", request.Host.Host);
        if (request.Host.Port is { } port)
        {
            activity.SetTag("server.port", port);
        }
        activity.SetTag("url.scheme", request.Scheme);
        activity.SetTag("url.path", (request.PathBase + request.Path).Value is { Length: > 0 } path ? path : "/");
        if (request.QueryString.HasValue)
        {
            activity.SetTag("url.query", Redact(request.QueryString.Value!));
        }
        if (request.Headers.UserAgent is [{ Length: > 0 } agent, ..])
        {
            activity.SetTag("user_agent.original", agent);
        }
        activity.SetTag("network.protocol.version", request.Protocol switch { "HTTP/2" => "2", "HTTP/3" => "3", var other => other[(other.IndexOf('/') + 1)..] });
    }

    private static void Stop(Activity activity, HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IRouteDiagnosticsMetadata>()?.Route is { Length: > 0 } route)
        {
            activity.DisplayName = $"{KnownMethod(context.Request.Method) ?? "HTTP"} {route}";
            activity.SetTag("http.route", route);
        }

        var status = context.Response.StatusCode;
        activity.SetTag("http.response.status_code", status);
        if (status >= 500 && activity.Status == ActivityStatusCode.Unset)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }

    private static string? KnownMethod(string method) =>
        method is "GET" or "POST" or "PUT" or "DELETE" or "PATCH" or "HEAD" or "OPTIONS" or "TRACE" or "CONNECT" ? method : null;

    // Names stay, values go: a query may carry a credential.
    private static string Redact(string query) =>
        "?" + string.Join('&', query[1..].Split('&').Select(static pair => pair.IndexOf('=') is var at and >= 0 ? pair[..(at + 1)] + "Redacted" : pair));
}
