namespace Gateway.Core.Admission.Local;

/// <summary>Names one counter: ids are unique within their organisation only.</summary>
internal readonly record struct StateKey(string Organisation, string Id);
