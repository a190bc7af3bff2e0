namespace Gateway.Usage.Reports;

/// <summary>How a report is written.</summary>
internal enum ReportFormat
{
    Json,

    /// <summary>RFC 4180 with a line of names, UTF-8.</summary>
    Csv,

    /// <summary>One JSON object a line.</summary>
    NdJson,
}

internal static class ReportFormats
{
    private static readonly string[] Names = ["json", "csv", "ndjson"];

    public static ReportFormat Read(ReportParameters parameters) => (ReportFormat)parameters.Choice("format", Names, otherwise: 0);

    /// <summary>Says what follows. Nothing was written yet.</summary>
    /// <param name="name">Of the file that a browser makes of it, without its ending.</param>
    public static void Announce(this ReportFormat format, HttpResponse response, string name)
    {
        response.ContentType = format switch
        {
            ReportFormat.Json => "application/json; charset=utf-8",
            ReportFormat.Csv => "text/csv; charset=utf-8; header=present",
            ReportFormat.NdJson => "application/x-ndjson",
        };
        if (format is not ReportFormat.Json)
        {
            response.Headers.ContentDisposition = $"attachment; filename=\"{name}.{Names[(int)format]}\"";
        }
    }
}
