namespace Gateway.Core.Admission.Local;

/// <summary>Names one decision: a request, or one of the parts that it asked for beyond.</summary>
public readonly record struct RequestPart(Guid RequestId, int Part);
