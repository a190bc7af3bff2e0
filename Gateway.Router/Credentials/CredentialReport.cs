namespace Gateway.Router.Credentials;

/// <summary>One credential at one deployment, as operators see it.</summary>
/// <param name="Label">Null where the provider wants no key.</param>
/// <param name="State"><c>usable</c>, <c>resting</c>, <c>quarantined</c>, <c>limited</c>, <c>busy</c> or <c>open</c>.</param>
/// <param name="Until">When that may be over; null when not known.</param>
/// <param name="QuotaLeft">Share of the provider's quota that is left, 0 to 1; 1 where nothing is known.</param>
/// <param name="Running">Calls that run at this deployment; counted only where something is limited or there are several keys.</param>
internal sealed record CredentialReport(string? Label, string State, TimeSpan? Until, double QuotaLeft, int Running);
