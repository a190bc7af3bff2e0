namespace Gateway.Router.Protocols.Neutral;

/// <summary>Puts the results of tool calls where strict protocols want them.</summary>
internal static class ToolHistory
{
    /// <summary>
    /// The talk with one <see cref="NeutralRole.Tool"/> turn right behind the assistant's calls: every call's result, in the order of the calls, named
    /// after its tool. What else stood between them comes after. The request itself stays as it is.
    /// </summary>
    /// <exception cref="Core.Errors.GatewayException">A call has no result, or a result no call.</exception>
    public static List<NeutralTurn> Order(Translation translation)
    {
        var ordered = new List<NeutralTurn>(translation.Request.Turns.Count);
        var open = new OpenCalls(translation.Notes, ordered);
        foreach (var turn in translation.Request.Turns)
        {
            if (turn.Role == NeutralRole.Assistant)
            {
                open.AddAssistant(turn);
            }
            else
            {
                open.AddOther(turn);
            }
        }

        open.Close();
        return ordered;
    }

    /// <summary>The calls of the last assistant turns, while what answers them is collected.</summary>
    private sealed class OpenCalls(TranslationNotes notes, List<NeutralTurn> ordered)
    {
        private readonly List<ToolCallPart> _calls = [];
        private readonly Dictionary<string, ToolResultPart> _results = new(StringComparer.Ordinal);
        private readonly List<NeutralTurn> _after = [];
        private SourcePath _path;

        public void AddAssistant(NeutralTurn turn)
        {
            // Two assistant turns in a row are one: their calls are answered together.
            if (_results.Count > 0 || _after.Count > 0)
            {
                Close();
            }

            foreach (var part in turn.Parts)
            {
                if (part is ToolCallPart call)
                {
                    _calls.Add(call);
                }
            }

            ordered.Add(turn);
        }

        public void AddOther(NeutralTurn turn)
        {
            NeutralTurn? rest = null;
            foreach (var part in turn.Parts)
            {
                if (part is ToolResultPart result)
                {
                    AddResult(result, turn);
                }
                else
                {
                    rest ??= new NeutralTurn(turn.Role == NeutralRole.Tool ? NeutralRole.User : turn.Role, turn.Path) { Name = turn.Name };
                    rest.Parts.Add(part);
                }
            }

            // A turn without any part is the writer's to judge.
            rest = turn.Parts.Count == 0 ? turn : rest;
            if (rest is not null)
            {
                (_calls.Count > 0 ? _after : ordered).Add(rest);
            }
        }

        public void Close()
        {
            if (_calls.Count > 0)
            {
                var results = new NeutralTurn(NeutralRole.Tool, _path);
                foreach (var call in _calls)
                {
                    if (!_results.TryGetValue(call.Id, out var result))
                    {
                        TranslationNotes.Reject(call.Path, $"The tool call '{call.Path}' has no result. Send one for every call before the next turn.");
                    }

                    results.Parts.Add(result with { Name = call.Name });
                }

                ordered.Add(results);
            }

            ordered.AddRange(_after);
            _calls.Clear();
            _results.Clear();
            _after.Clear();
        }

        private void AddResult(ToolResultPart result, NeutralTurn turn)
        {
            if (!_calls.Exists(call => call.Id == result.CallId))
            {
                TranslationNotes.Reject(result.Path, $"The tool result '{result.Path}' answers no call of the assistant's turn before it.");
            }

            _path = _results.Count == 0 ? turn.Path : _path;
            if (!_results.TryAdd(result.CallId, result))
            {
                notes.Drop(result.Path);
            }
        }
    }
}
