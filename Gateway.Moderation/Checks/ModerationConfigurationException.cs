namespace Gateway.Moderation.Checks;

/// <summary>A policy cannot be built from the document. The message says which one and what to change.</summary>
internal sealed class ModerationConfigurationException(string message) : Exception(message);
