using System.ComponentModel.DataAnnotations;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Gateway.ServiceDefaults.Startup;

/// <summary>Tells what the operator can mend from what we must mend: the first needs a sentence, the second a stack trace.</summary>
/// <remarks>
/// A start-up problem is an exception, or one inside of it, that is an <see cref="OptionsValidationException"/>, a
/// <see cref="ValidationException"/>, any type whose name ends in "ConfigurationException" (Gateway.Core has its own and knows
/// nothing of this assembly), or a failure to listen. Its message goes out as it is, so it must be fit for a reader.
/// </remarks>
internal static class StartupProblem
{
    /// <returns>The message, or null when it is not such a problem.</returns>
    public static string? Describe(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (Own(exception) is { } message)
            {
                return message;
            }
        }
        return null;
    }

    private static string? Own(Exception exception) => exception switch
    {
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures),
        // Kestrel names the address in its message, and only there.
        IOException { InnerException: AddressInUseException } => Listening(exception),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AccessDenied or SocketError.AddressNotAvailable } => Listening(exception),
        ValidationException => exception.Message,
        _ => exception.GetType().Name.EndsWith("ConfigurationException", StringComparison.Ordinal) ? exception.Message : null,
    };

    private static string Listening(Exception exception) =>
        $"{exception.Message.TrimEnd('.')}. Stop the process that listens there, or choose another address: ASPNETCORE_URLS for one service, GATEWAY_PORT for the whole gateway.";
}
