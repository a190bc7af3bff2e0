namespace Gateway.Router.Credentials;

/// <summary>What a call will take of limits.</summary>
/// <param name="Tokens">Input and output, estimated.</param>
/// <param name="Session">Hash of the session; 0 for none.</param>
internal readonly record struct CallNeeds(long Tokens, ulong Session);
