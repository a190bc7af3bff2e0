namespace Gateway.Simulator.Text;

/// <summary>Writes deterministic answers: equal orders, equal words.</summary>
internal static class AnswerWriter
{
    private const int MinTokens = 16;
    private const int TokenSpread = 48;

    /// <summary>Every entry is exactly one token. Some need escaping in JSON, some are several bytes long: that is what breaks gateways.</summary>
    private static readonly string[] Words =
    [
        " the", " a", " of", " to", " and", " in", " is", " it", " you", " that", " he", " was", " for", " on", " are", " with",
        " as", " his", " they", " at", " be", " this", " have", " from", " or", " one", " had", " by", " word", " but", " not", " what",
        " all", " were", " we", " when", " your", " can", " said", " use", " an", " each", " she", " do", " how", " if", " will", " up",
        " then", " them", " so", " some", " her", " like", " him", " has", "\nsee", " \"ok\"", " a\\b", " été", " für", " 日本", " 🙂", " мир",
    ];

    public static Answer Write(AnswerOrder order)
    {
        var choices = new AnswerChoice[order.Choices];
        for (var index = 0; index < choices.Length; index++)
        {
            choices[index] = order.Calls.Count > 0 ? CallTools(order) : Talk(order, order.Seed + (ulong)index);
        }

        return new Answer(choices, order.PromptTokens);
    }

    private static AnswerChoice CallTools(AnswerOrder order)
    {
        var tokens = Think(order, order.Seed);
        for (var call = 0; call < order.Calls.Count; call++)
        {
            tokens.Add(new AnswerToken(order.Calls[call].Key, call, StartsCall: true));
            foreach (var piece in Tokenizer.Split(order.Calls[call].Value))
            {
                tokens.Add(new AnswerToken(piece, call));
            }
        }

        return Cap(tokens, order.MaxTokens, AnswerEnd.ToolCalls);
    }

    private static AnswerChoice Talk(AnswerOrder order, ulong seed)
    {
        var tokens = Think(order, seed);
        if (order.Text is { } text)
        {
            tokens.AddRange(Tokenizer.Split(text).Select(piece => new AnswerToken(piece)));
        }
        else
        {
            var random = new StableRandom(seed);
            var count = Math.Min(order.Tokens ?? MinTokens + random.Next(TokenSpread), order.MaxTokens == int.MaxValue ? int.MaxValue : order.MaxTokens + 1);
            for (var index = 0; index < count; index++)
            {
                var word = Words[random.Next(Words.Length)];
                tokens.Add(new AnswerToken(index == 0 ? word.TrimStart() : word));
            }
        }

        // A stop sequence counts only when the cap lets it be generated.
        var capped = Cap(tokens, order.MaxTokens, AnswerEnd.Stop);
        return order.Stops.Count == 0 ? capped : CutAtStop(capped, order.Stops);
    }

    private static List<AnswerToken> Think(AnswerOrder order, ulong seed)
    {
        // Another seed than the text's: reasoning that repeats the answer would hide a gateway that mixes them up.
        var random = new StableRandom(~seed);
        var tokens = new List<AnswerToken>();
        for (var index = 0; index < order.ReasoningTokens; index++)
        {
            var word = Words[random.Next(Words.Length)];
            tokens.Add(new AnswerToken(index == 0 ? word.TrimStart() : word, AnswerToken.Reasoning));
        }

        return tokens;
    }

    private static AnswerChoice Cap(List<AnswerToken> tokens, int max, AnswerEnd end) =>
        tokens.Count <= max ? new AnswerChoice(tokens, end) : new AnswerChoice(tokens.GetRange(0, max), AnswerEnd.Length);

    /// <summary>Ends the answer before the first stop sequence, which is itself never said.</summary>
    private static AnswerChoice CutAtStop(AnswerChoice choice, IReadOnlyList<string> stops)
    {
        var text = choice.Join(AnswerToken.Content);
        var end = int.MaxValue;
        var sequence = "";
        foreach (var stop in stops)
        {
            var found = text.IndexOf(stop, StringComparison.Ordinal);
            if (found >= 0 && found < end)
            {
                end = found;
                sequence = stop;
            }
        }

        if (end == int.MaxValue)
        {
            return choice;
        }

        var kept = choice.Tokens.Take(choice.ReasoningTokens).ToList();
        for (int index = kept.Count, start = 0; start < end; start += choice.Tokens[index].Text.Length, index++)
        {
            var piece = choice.Tokens[index].Text;
            kept.Add(start + piece.Length <= end ? choice.Tokens[index] : new AnswerToken(piece[..(end - start)]));
        }

        return new AnswerChoice(kept, AnswerEnd.StopSequence) { StopSequence = sequence };
    }
}
