using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>How much of a request the money suffices for.</summary>
public static class BudgetCap
{
    /// <summary>With more than so many whole bounds left, the estimate of the input is good enough.</summary>
    private const int Plenty = 20;

    /// <param name="leftNanoUsd">What the tightest hard budget has left; <see cref="long.MaxValue"/> when none is hard.</param>
    /// <returns>What to hold and the output cap; a negative amount when it does not suffice.</returns>
    public static (long Amount, long OutputCap) Choose(in MoneyBound bound, long leftNanoUsd)
    {
        var isPlenty = leftNanoUsd > (Int128)Plenty * (bound.InputNanoUsd + ((Int128)bound.NanoUsdPerOutputToken * bound.OutputCap));
        var input = isPlenty ? bound.InputNanoUsd : bound.CautiousInputNanoUsd;
        return leftNanoUsd < input ? (-1, -1) : Choose(bound, input, leftNanoUsd);
    }

    /// <summary>As <see cref="Choose(in MoneyBound, long)"/>, with the input that cannot be exceeded.</summary>
    public static (long Amount, long OutputCap) ChooseCautiously(in MoneyBound bound, long leftNanoUsd) =>
        leftNanoUsd < bound.CautiousInputNanoUsd ? (-1, -1) : Choose(bound, bound.CautiousInputNanoUsd, leftNanoUsd);

    private static (long Amount, long OutputCap) Choose(in MoneyBound bound, long input, long left)
    {
        var cap = bound.NanoUsdPerOutputToken <= 0 ? bound.OutputCap : Math.Min(bound.OutputCap, (left - input) / bound.NanoUsdPerOutputToken);
        return cap < bound.LeastOutputCap ? (-1, -1) : (MoneyBound.Of(input, bound.NanoUsdPerOutputToken, cap), cap);
    }
}
