using System.Globalization;
using System.Net.Http.Headers;
using Gateway.Core;
using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Budgets;

/// <summary>
/// What an admitted request holds, until a Router has it: whoever lets the request end before that gives it back. It also takes what the Router tells of the answer.
/// </summary>
/// <param name="Hold">In the shared state.</param>
/// <param name="Target">Learns; null where there is no model.</param>
/// <param name="Size">What was estimated from.</param>
internal sealed record HeldAdmission(Hold Hold, KeyTarget? Target, InputSize Size)
{
    private volatile bool _isTaken;

    /// <summary>Whether a Router may have it: its body has begun to leave. From then on nobody here gives it back, since money may be spent already.</summary>
    public bool IsTaken { get => _isTaken; set => _isTaken = value; }

    /// <summary>No Router settles it: the Edge gives it back when the answer is over.</summary>
    public bool IsOwn { get; init; }

    /// <param name="headers">Of an answer.</param>
    public void LearnFrom(HttpResponseHeaders headers)
    {
        if (headers.NonValidated.TryGetValues(GatewayHeaders.Tokens, out var values))
        {
            Learn(values.ToString());
        }
    }

    /// <param name="value">Of <see cref="GatewayHeaders.Tokens"/>. What cannot be read is nothing: only estimates depend on it.</param>
    public void Learn(ReadOnlySpan<char> value)
    {
        var slash = value.IndexOf('/');
        if (slash < 0 || Target is not { } target
            || !long.TryParse(value[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var input)
            || !long.TryParse(value[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var output))
        {
            return;
        }

        target.Output.Learn(output / Math.Max(1, Size.Choices));
        if (Size is { IsOpen: false, Media: 0 })
        {
            target.Input.Learn(Size.TextBytes, input);
        }
        else if (Size is { TextBytes: 0 })
        {
            target.Input.Learn(Size.MediaBytes, input);
        }
    }
}
