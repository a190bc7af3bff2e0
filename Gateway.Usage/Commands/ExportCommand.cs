using System.Globalization;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Journal;
using Gateway.Usage.Reports;

namespace Gateway.Usage.Commands;

/// <summary><c>export</c>: requests of a span, oldest first as they were taken, in the form of <c>GET /admin/v1/requests?format=</c>.</summary>
internal static class ExportCommand
{
    public const string Csv = "csv";
    public const string NdJson = "ndjson";

    private const int FlushBytes = 64 * 1024;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="file">Written beside and moved there when it is whole; null for <paramref name="standard"/>.</param>
    /// <returns>0, or 1 when records could not be read; the others are written all the same.</returns>
    /// <exception cref="CommandException">The ledger cannot be read, or the file cannot be written.</exception>
    public static async Task<int> RunAsync(
        ILedgerSource source, string format, (long FromMs, long ToMs) span, string? file, Stream standard, TextWriter messages, CancellationToken cancellationToken)
    {
        try
        {
            if (file is null)
            {
                return await WriteAsync(source, format, span, standard, messages, cancellationToken);
            }

            var part = file + ".part";
            int result;
            await using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write))
            {
                result = await WriteAsync(source, format, span, stream, messages, cancellationToken);
            }

            File.Move(part, file, overwrite: true);
            return result;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The export cannot be written: {exception.Message}", exception);
        }
    }

    private static async Task<int> WriteAsync(ILedgerSource source, string format, (long FromMs, long ToMs) span, Stream stream, TextWriter messages, CancellationToken cancellationToken)
    {
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        await using var json = new Utf8JsonWriter(output, Readable);
        var csv = new CsvWriter(output);
        if (format == Csv)
        {
            RequestCsv.WriteNames(csv);
        }

        var costs = await source.CostsAsync(cancellationToken);
        var (written, unreadable) = (0L, 0L);
        await foreach (var record in source.ReadAsync(cancellationToken))
        {
            if (record.Type is not JournalRecordType.Final)
            {
                continue;
            }

            UsageFinal final;
            try
            {
                final = record.Open();
            }
            catch (InvalidDataException)
            {
                unreadable++;
                continue;
            }

            if (final.Intent.TimeUnixMs < span.FromMs || final.Intent.TimeUnixMs >= span.ToMs)
            {
                continue;
            }

            var cost = costs.Of(record.RequestId, final.CostNanoUsd);
            if (format == Csv)
            {
                RequestCsv.WriteRow(csv, final, cost);
            }
            else
            {
                RequestJson.WriteRow(json, final, cost);
                json.Flush();
                json.Reset();
                output.GetSpan(1)[0] = (byte)'\n';
                output.Advance(1);
            }

            written++;
            if (output.UnflushedBytes > FlushBytes)
            {
                await output.FlushAsync(cancellationToken);
            }
        }

        await output.CompleteAsync();
        await messages.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{written} requests of {source.Name}."));
        if (await source.CarriedAsync(cancellationToken) is { } carried && span.FromMs < carried.KeptFrom.ToUnixTimeMilliseconds())
        {
            await messages.WriteLineAsync($"{carried}, and not in it.");
        }

        foreach (var problem in source.Problems)
        {
            await messages.WriteLineAsync(problem);
        }

        if (unreadable > 0)
        {
            await messages.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{unreadable} records have a layout that this build cannot read and are missing."));
        }

        return unreadable > 0 || source.Problems.Count > 0 ? 1 : 0;
    }
}
