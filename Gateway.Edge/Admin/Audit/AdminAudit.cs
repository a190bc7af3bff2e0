using System.Globalization;
using Gateway.Edge.Abuse;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Admin.Audit;

/// <summary>
/// Around everything below <c>/admin</c> and the sign-ins of the console: notes each call that changes something or reads content, whatever its answer, and each that is refused for its key. Of refused ones at most
/// 60 a minute are noted one by one, so that nobody can push the others out of the files; the next line counts the rest.
/// </summary>
internal sealed class AdminAudit(RequestDelegate next, AuditFile file, ILoggerFactory loggers, TimeProvider time)
{
    private const int RefusedPerMinute = 60;
    private const int MaxPath = 256;

    /// <summary>What is longer and begins like a secret is taken for one.</summary>
    private const int LongestHarmless = 40;

    /// <summary>Where an endpoint notes the id of a key that its path does not name.</summary>
    private static readonly object KeyItem = new();

    /// <summary>Where an endpoint says that its call is noted although it changes nothing.</summary>
    private static readonly object ReadingItem = new();

    private readonly ILogger _log = loggers.CreateLogger(AuditLog.Category);
    private readonly AddressRate _refused = new(RefusedPerMinute, time);
    private long _unsaid;

    /// <summary>Says which virtual key a call is about, where its path does not: one that it made.</summary>
    public static void Touch(HttpContext context, string keyId) => context.Items[KeyItem] = keyId;

    /// <summary>Notes a call that reads what must not be read unseen, whatever its answer.</summary>
    public static void NoteReading(HttpContext context) => context.Items[ReadingItem] = ReadingItem;

    public Task InvokeAsync(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase)
        || (HttpMethods.IsPost(context.Request.Method) && context.Request.Path.StartsWithSegments("/console", StringComparison.OrdinalIgnoreCase)) ? WatchAsync(context) : next(context);

    private async Task WatchAsync(HttpContext context)
    {
        // What routing makes of the path may differ from what was asked for.
        var (method, path) = (context.Request.Method, Masked(context.Request.Path));
        try
        {
            await next(context);
        }
        finally
        {
            Note(context, method, path);
        }
    }

    private void Note(HttpContext context, string method, string path)
    {
        var status = context.Response.StatusCode;
        var isRefused = status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests;
        var changes = !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method)
            && status is not (StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
            && !context.Request.Path.Equals(ExplainProxy.Path, StringComparison.OrdinalIgnoreCase)
            && !context.Request.Path.Equals(ConfigAdmin.ValidatePath, StringComparison.OrdinalIgnoreCase);
        var isReading = context.Items.ContainsKey(ReadingItem);
        if (!isRefused && !changes && !isReading)
        {
            return;
        }

        if (isRefused && !_refused.TryTake(default, out _))
        {
            Interlocked.Increment(ref _unsaid);
            return;
        }

        var keyId = context.Items[KeyItem] as string ?? (!isReading && context.Request.RouteValues.TryGetValue("id", out var id) ? Escaped(id as string) : null);
        var entry = new AuditEntry(
            time.GetUtcNow(), context.Connection.RemoteIpAddress?.ToString() ?? "-", Uri.EscapeDataString(method.Length <= 16 ? method : method[..16]), path, status, keyId,
            context.TraceIdentifier, Interlocked.Exchange(ref _unsaid, 0));
        _log.AdminCall(entry.RequestId, entry.Address, entry.Method, entry.Path, entry.Status, entry.KeyId ?? "-", entry.Unsaid);
        file.Add(entry.ToLine());
    }

    /// <summary>A secret that stands in the place of an id must not be kept.</summary>
    private static string Masked(PathString path) => string.Join('/', path.Value!.Split('/').Select(Escaped)) is var text && text.Length <= MaxPath ? text : text[..MaxPath] + "...";

    private static string? Escaped(string? segment)
    {
        if (segment is null)
        {
            return null;
        }

        // One with a typing error in it is nearly as good.
        var shown = KeySecret.TryParse(segment, out var id) ? string.Create(CultureInfo.InvariantCulture, $"{KeySecret.Prefix}{id}_***")
            : segment.StartsWith(KeySecret.Prefix, StringComparison.OrdinalIgnoreCase) && segment.Length > LongestHarmless ? $"{KeySecret.Prefix}***" : segment;
        return Uri.EscapeDataString(shown.Length <= MaxPath ? shown : shown[..MaxPath]);
    }
}
