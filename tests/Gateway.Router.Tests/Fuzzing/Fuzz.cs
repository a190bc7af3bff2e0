using System.Globalization;
using System.Text;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>
/// Runs a property over many seeded rounds. The rounds are bounded by their number, never by time; GATEWAY_FUZZ multiplies it. A failure
/// names its seed, and the same seed always makes the same input.
/// </summary>
internal static class Fuzz
{
    private const int MostFailures = 5;

    /// <summary>A decoder that hangs must fail its test and not the whole run: no round takes a thousandth of this.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(10);

    private static readonly int Multiplier = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_FUZZ"), CultureInfo.InvariantCulture, out var times) && times > 0 ? times : 1;

    /// <param name="first">Seed of the first round; each property has its own.</param>
    /// <param name="rounds">How many, before the multiplier.</param>
    public static async Task RunAsync(int first, int rounds, Action<Random> round)
    {
        var running = Task.Run(() => Run(first, rounds * Multiplier, round));
        await running.WaitAsync(Hang * Multiplier);
    }

    public static T Pick<T>(this Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];

    /// <summary>True once in <paramref name="of"/> times.</summary>
    public static bool OneIn(this Random random, int of) => random.Next(of) == 0;

    private static void Run(int first, int rounds, Action<Random> round)
    {
        // Different faults rather than the same one many times: told apart by where they were thrown.
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var seed = first; seed < first + rounds && failures.Count < MostFailures; seed++)
        {
            try
            {
                round(new Random(seed));
            }
            catch (Exception exception)
            {
                failures.TryAdd(Kind(exception), string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {exception}"));
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Values));
    }

    private static string Kind(Exception exception)
    {
        var kind = new StringBuilder(exception.GetType().Name);
        kind.Append((exception.StackTrace ?? "").Split('\n')[0]);
        return exception is FuzzException ? exception.Message.Split('\n')[0] : kind.ToString();
    }
}

/// <summary>A property that does not hold. The first line of the message says which, and is the same for the same fault.</summary>
internal sealed class FuzzException(string fault, string details) : Exception($"{fault}\n{details}");
