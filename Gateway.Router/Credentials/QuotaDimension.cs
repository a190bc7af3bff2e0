namespace Gateway.Router.Credentials;

/// <summary>One number that a provider counts: what it was, what is left, and when it is whole again.</summary>
internal record struct QuotaDimension(double Limit, double Remaining, TimeSpan Reset)
{
    /// <summary>NaN where the provider did not say.</summary>
    public static readonly QuotaDimension Unknown = new(double.NaN, double.NaN, TimeSpan.MinValue);

    /// <summary>Whether the answer says when it is whole again.</summary>
    public readonly bool HasReset => Reset != TimeSpan.MinValue;
}
