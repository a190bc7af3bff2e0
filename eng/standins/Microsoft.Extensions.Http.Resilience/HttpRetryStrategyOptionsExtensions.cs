using System.Diagnostics.CodeAnalysis;
using Polly;

namespace Microsoft.Extensions.Http.Resilience;

[Experimental("EXTEXP0001")]
public static class HttpRetryStrategyOptionsExtensions
{
    internal static readonly ResiliencePropertyKey<HttpRequestMessage?> Request = new("Resilience.Http.RequestMessage");

    public static void DisableForUnsafeHttpMethods(this HttpRetryStrategyOptions options) =>
        options.DisableFor(HttpMethod.Delete, HttpMethod.Post, HttpMethod.Put, HttpMethod.Connect, HttpMethod.Patch);

    public static void DisableFor(this HttpRetryStrategyOptions options, params HttpMethod[] methods)
    {
        var shouldHandle = options.ShouldHandle;
        options.ShouldHandle = async args =>
        {
            // After an exception there is no response that knows its request, so the context carries it.
            var request = args.Outcome.Result?.RequestMessage ?? args.Context.Properties.GetValue(Request, null);
            return await shouldHandle(args) && (request is null || !methods.Contains(request.Method));
        };
    }
}
