using System.Text;

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
    private readonly int _keepText;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _started;
    private StringBuilder? _text;
    private bool _ended;

    /// <param name="state">The count that it belongs to.</param>
    /// <param name="number">Unique over all runs.</param>
    /// <param name="credential">The fingerprint.</param>
    /// <param name="keepText">How many characters of the answer the row keeps.</param>
    /// <param name="time">Clock of the row's instants.</param>
    public MeteredRequest(MeterState state, string number, string credential, int keepText, TimeProvider time)
    {
        _state = state;
        _credential = credential;
        _keepText = keepText;
        _time = time;
        _started = time.GetUtcNow();
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

    /// <summary>Path of the request.</summary>
    public string Path { get; set; } = "";

    /// <summary>The directives that were followed, those of the control first.</summary>
    public string Directives { get; set; } = "";

    public bool Stream { get; set; }

    public string Credential => _credential;

    public bool KeepsText => _keepText > 0;

    /// <summary>Tokens so far: what this request costs a limit of tokens.</summary>
    public long Tokens => _promptTokens + _generated;

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

    /// <summary>Keeps what the first choice says, as it is handed to the socket; does nothing when texts are not kept.</summary>
    public void Said(string text)
    {
        if (_keepText > 0)
        {
            _text ??= new StringBuilder();
            _text.Append(text, 0, Math.Min(text.Length, _keepText - _text.Length));
        }
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
        Path = Path,
        Directives = Directives,
        StartedUs = Microseconds(_started),
        EndedUs = Microseconds(_time.GetUtcNow()),
        Text = KeepsText ? _text?.ToString() ?? "" : null,
        User = User,
        Status = Status,
        Stream = Stream,
        PromptTokens = _promptTokens,
        TokensGenerated = _generated,
        TokensWritten = _written,
        Ending = ending,
        Credential = _credential,
    };

    private static long Microseconds(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private MeterState.Counters Counted => _model ?? throw new InvalidOperationException("Tokens belong to a model: call Asked first.");
}
