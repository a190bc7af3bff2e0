using Gateway.Core.Errors;

namespace Gateway.Usage.Ledger;

/// <summary>What every store says when one answer would hold too many groups.</summary>
internal static class GroupLimit
{
    public static GatewayException Exceeded(int most) =>
        new(GatewayErrorKind.InvalidRequest, $"The report has more than {most} groups. Ask for fewer dimensions or a shorter span, or with filters.", "group");
}
