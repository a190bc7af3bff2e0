namespace Gateway.Simulator.Meter;

/// <summary>One request on the meter. Used by one request only; <see cref="End"/> counts once, however often it is called.</summary>
internal sealed class MeteredRequest
{
    private readonly MeterState _state;
    private readonly string _credential;
    private MeterState.Counters? _model;
    private long _promptTokens;
    private long _generated;
    private long _written;
    private bool _ended;

    public MeteredRequest(MeterState state, string number, string credential)
    {
        _state = state;
        _credential = credential;
        Number = number;
        Id = number;
        state.Start(credential);
    }

    /// <summary>Unique over all runs; ids that the client gets are made from it.</summary>
    public string Number { get; }

    /// <summary>The id in the answer.</summary>
    public string Id { get; set; }

    public string Model { get; private set; } = "";

    public string User { get; set; } = "";

    public bool Stream { get; set; }

    public int Status { get; set; } = StatusCodes.Status200OK;

    /// <summary>The model as the client wrote it, directives included.</summary>
    public void Asked(string model)
    {
        Model = model;
        _model = _state.Model(model);
        Interlocked.Increment(ref _model.Requests);
    }

    public void Prompt(long tokens)
    {
        _promptTokens += tokens;
        Interlocked.Add(ref Counted.PromptTokens, tokens);
    }

    public void Generated(long tokens)
    {
        _generated += tokens;
        Interlocked.Add(ref Counted.Generated, tokens);
    }

    public void Written(long tokens)
    {
        _written += tokens;
        Interlocked.Add(ref Counted.Written, tokens);
    }

    public void End(Ending ending)
    {
        if (!_ended)
        {
            _ended = true;
            _state.Finish(this, ending);
        }
    }

    public MeterRow ToRow(long seq, Ending ending) => new()
    {
        Seq = seq,
        Id = Id,
        Model = Model,
        User = User,
        Status = Status,
        Stream = Stream,
        PromptTokens = _promptTokens,
        TokensGenerated = _generated,
        TokensWritten = _written,
        Ending = ending,
        Credential = _credential,
    };

    private MeterState.Counters Counted => _model ?? throw new InvalidOperationException("Tokens belong to a model: call Asked first.");
}
