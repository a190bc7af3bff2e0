using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

internal static class EpochAnswers
{
    /// <summary>The epoch in an answer that begins as all do.</summary>
    public static EpochState Read(RedisValue[] answer)
    {
        var phase = (int)answer[3] switch { 2 => EpochPhase.Open, 1 => EpochPhase.Filling, _ => EpochPhase.Missing };
        return new EpochState((long)answer[2], phase);
    }
}
