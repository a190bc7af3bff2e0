using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Usage.Reports;

/// <summary>
/// Writes many rows into a response and sends them on as it goes, so that a report of any length needs the memory of a few rows. Waits for a slow reader. Not thread-safe.
/// </summary>
internal sealed class RowOutput : IDisposable
{
    private const int RowsPerFlush = 64;

    // Answers go to programs and pages that read JSON, never into HTML as they are.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PipeWriter _output;
    private readonly CancellationToken _gone;
    private int _rows;

    public RowOutput(HttpContext context)
    {
        (_output, _gone) = (context.Response.BodyWriter, context.RequestAborted);
        Json = new Utf8JsonWriter(_output, Readable);
        Csv = new CsvWriter(_output);
    }

    public Utf8JsonWriter Json { get; }

    public CsvWriter Csv { get; }

    /// <summary>Ends a line of NDJSON: the next value is a document of its own.</summary>
    public void EndJsonLine()
    {
        Json.Flush();
        Json.Reset();
        _output.GetSpan(1)[0] = (byte)'\n';
        _output.Advance(1);
    }

    /// <summary>After each row.</summary>
    public ValueTask RowDoneAsync() => ++_rows % RowsPerFlush == 0 ? FlushAsync() : ValueTask.CompletedTask;

    /// <summary>Sends what is there.</summary>
    /// <exception cref="OperationCanceledException">The reader is gone.</exception>
    public async ValueTask FlushAsync()
    {
        Json.Flush();
        var flushed = await _output.FlushAsync(_gone);
        if (flushed.IsCompleted)
        {
            throw new OperationCanceledException(_gone);
        }
    }

    public void Dispose() => Json.Dispose();
}
