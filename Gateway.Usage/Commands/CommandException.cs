namespace Gateway.Usage.Commands;

/// <summary>A command cannot do what it is asked to. The message says what to change.</summary>
internal sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);
