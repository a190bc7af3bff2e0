using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>Slots whose spending the ledger is asked for.</summary>
/// <param name="SettledHere">What had been settled here in each of them when the question was made: all of it is in the answer.</param>
public sealed record SpentQuestion(string Organisation, IReadOnlyList<BudgetSlot> Slots, IReadOnlyList<long> SettledHere);
