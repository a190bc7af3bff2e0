using System.Text;
using System.Text.Encodings.Web;

namespace Gateway.Rig.History;

/// <summary>A client that notes what it sees. Thread-safe when its <see cref="HttpClient"/> is used for nothing else.</summary>
public sealed class ScenarioClient(HttpClient http)
{
    /// <summary>Sends one request and reads its answer to the end, or goes when the request says so.</summary>
    public async Task<ClientObservation> SendAsync(ScenarioRequest request, CancellationToken cancellationToken)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sent = Now();
        var seen = new ClientObservation
        {
            Tag = request.Tag,
            Model = request.Model,
            Stream = request.Stream,
            MustBeDenied = request.MustBeDenied,
            SentUs = sent,
            DeadlineUs = request.Deadline is { } deadline ? sent + (deadline.Ticks / TimeSpan.TicksPerMicrosecond) : null,
        };
        var reader = new AnswerReader(request.Protocol);
        var left = false;
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, request.Protocol == ClientProtocol.OpenAI ? "/v1/chat/completions" : "/v1/messages")
            {
                Content = new StringContent(Body(request), Encoding.UTF8, "application/json"),
            };
            if (request.Protocol == ClientProtocol.Anthropic)
            {
                message.Headers.Add("anthropic-version", "2023-06-01");
            }

            var answer = http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            if (request.LeaveAfter == 0)
            {
                // Far enough for the request to be out, and mostly before the answer is in.
                await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken));
                left = true;
                await leave.CancelAsync();
            }

            using var response = await answer;
            seen = seen with
            {
                Status = (int)response.StatusCode,
                RequestId = Header(response, "x-gateway-request-id") ?? "",
                Deployment = Header(response, "x-gateway-deployment") ?? "",
                RetryAfter = Header(response, "retry-after"),
            };
            await using var body = await response.Content.ReadAsStreamAsync(leave.Token);
            if (request.Stream && response.IsSuccessStatusCode)
            {
                left |= await ReadStreamAsync(body, reader, request, leave.Token);
            }
            else
            {
                using var whole = new MemoryStream();
                await body.CopyToAsync(whole, leave.Token);
                reader.Whole(whole.ToArray(), response.IsSuccessStatusCode);
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && left))
        {
            // Broke off: neither an end nor an error frame, and that is what the check looks at.
        }

        return seen with
        {
            EndedUs = Now(),
            Left = left,
            Text = reader.Text,
            Terminals = reader.Terminals,
            Errors = reader.Errors,
            Code = reader.Code,
            BadFrames = reader.BadFrames,
            FinishReason = reader.FinishReason,
            SpokeAfterEnd = reader.SpokeAfterEnd,
        };
    }

    /// <returns>Whether the client left.</returns>
    private static async Task<bool> ReadStreamAsync(Stream body, AnswerReader reader, ScenarioRequest request, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        while (true)
        {
            if (request.ReadPause > TimeSpan.Zero)
            {
                await Task.Delay(request.ReadPause, cancellationToken);
            }

            var read = await body.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                reader.End();
                return false;
            }

            reader.Stream(buffer.AsSpan(0, read));
            if (reader.Pieces >= request.LeaveAfter && reader.Terminals == 0)
            {
                return true;    // disposing the response closes the connection
            }
        }
    }

    private static string Body(ScenarioRequest request)
    {
        var (model, prompt, tag) = (Quote(request.Model), Quote(request.Prompt), Quote(request.Tag));
        var stream = request.Stream ? "true" : "false";
        return request.Protocol == ClientProtocol.OpenAI
            ? $$"""{"model":{{model}},"stream":{{stream}},"user":{{tag}},"messages":[{"role":"user","content":{{prompt}}}]{{request.Rest}}}"""
            : $$"""{"model":{{model}},"stream":{{stream}},"max_tokens":4000,"metadata":{"user_id":{{tag}}},"messages":[{"role":"user","content":{{prompt}}}]{{request.Rest}}}""";
    }

    private static string Quote(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
