namespace Gateway.Edge.Budgets;

/// <summary>What one key's calls of one model need at their admission. Made at the first of them.</summary>
/// <param name="Rules">Limits of all owners but end users.</param>
/// <param name="Price">What it may cost.</param>
/// <param name="Input">How many tokens the bytes of this model are.</param>
/// <param name="Output">How long the answers of this model are for this key.</param>
internal sealed record KeyTarget(RuleSet Rules, TargetPrice Price, InputRatio Input, OutputLengths Output);
