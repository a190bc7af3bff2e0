using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Recorded answers, changed: no decoder throws, hangs, breaks the order of events or makes up an end; no writer does either.</summary>
public sealed class DecoderFuzzTests
{
    private static readonly ErrorReply Broken = new(502, "api_error", "stream_broken", "The stream broke.");

    [Theory]
    [InlineData("openai", 1_000_000)]
    [InlineData("responses", 2_000_000)]
    [InlineData("anthropic", 3_000_000)]
    [InlineData("gemini", 4_000_000)]
    [InlineData("ollama", 5_000_000)]
    [InlineData("bedrock", 6_000_000)]
    public async Task Stream_Mutated_IsTakenWithoutFaultAndWithoutAMadeUpEnd(string name, int seed)
    {
        var upstream = FuzzedUpstream.Of(name);
        var frames = upstream.Answers(streaming: true).ConvertAll(recording => StreamMutation.Cut(upstream.Protocol.Frames, recording.Response));
        var foreign = FuzzedUpstream.All.Where(other => other.Protocol.Frames == upstream.Protocol.Frames).SelectMany(static other => other.Answers(streaming: true))
            .SelectMany(recording => StreamMutation.Cut(upstream.Protocol.Frames, recording.Response)).ToList();
        var (normal, endless) = (0, 0);

        await Fuzz.RunAsync(seed, 4_000, random =>
        {
            var chosen = random.Pick(frames).ToList();
            var others = random.OneIn(2) ? random.Pick(frames) : foreign;
            if (random.OneIn(3))
            {
                chosen.RemoveAll(frame => EndMarkers.StandIn(name, frame));
                others = [.. others.Where(frame => !EndMarkers.StandIn(name, frame)), "\n"u8.ToArray()];
            }

            var stream = StreamMutation.Mutate(random, upstream.Protocol.Frames, chosen, others);
            var end = Relay(random, upstream, stream);
            normal += end == DecodedEnd.Normal ? 1 : 0;
            if (!EndMarkers.StandIn(name, stream))
            {
                endless++;
                if (end == DecodedEnd.Normal)
                {
                    throw new FuzzException("An end that the upstream did not say", Encoding.UTF8.GetString(stream));
                }
            }
        });

        // Both kinds of streams were there, or the property says nothing.
        Assert.True(normal > 100 && endless > 100, $"{normal} normal, {endless} without an end");
    }

    [Theory]
    [InlineData("openai", 11_000_000)]
    [InlineData("responses", 12_000_000)]
    [InlineData("anthropic", 13_000_000)]
    [InlineData("gemini", 14_000_000)]
    [InlineData("ollama", 15_000_000)]
    [InlineData("bedrock", 16_000_000)]
    public async Task Answer_Mutated_IsAnAnswerAnErrorOrInvalid(string name, int seed)
    {
        var upstream = FuzzedUpstream.Of(name);
        var documents = upstream.Answers(streaming: false);
        var (answers, refused) = (0, 0);

        await Fuzz.RunAsync(seed, 4_000, random =>
        {
            var document = StreamMutation.MutateDocument(random, random.Pick(documents).Response);
            var client = random.Pick(FuzzedClient.All);
            var decoder = upstream.Decoder(upstream.Translation(new NeutralRequest { Model = "asked" }, client.Protocol));
            var answer = new NeutralAnswer();
            UpstreamErrors.Read(500, document);
            try
            {
                if (decoder.DecodeAnswer(document, new OrderedSink(answer)) == EventKind.Error)
                {
                    decoder.ReadError(document);
                    refused++;
                    return;
                }
            }
            catch (InvalidDataException)
            {
                refused++;
                return;
            }

            var output = new ArrayBufferWriter<byte>();
            client.Protocol.WriteAnswer(answer, client.Context(stream: false), output);
            Readable(client, stream: false, output.WrittenSpan, document);
            answers++;
        });

        Assert.True(answers > 100 && refused > 100, $"{answers} answers, {refused} refused");
    }

    /// <summary>As the relay does: decoded event by event, written for a client, ended or broken off.</summary>
    private static DecodedEnd Relay(Random random, FuzzedUpstream upstream, byte[] stream)
    {
        var client = random.Pick(FuzzedClient.All);
        var output = new ArrayBufferWriter<byte>();
        var writer = client.Protocol.WriteStream(client.Context(stream: true), output);
        var decoder = new ErrorsRead(upstream.Decoder(random.OneIn(4) ? null : upstream.Translation(new NeutralRequest { Model = "asked" }, client.Protocol)));
        DecodedEnd end;
        try
        {
            end = Decoding.Stream(upstream.Protocol, decoder, stream, new OrderedSink(writer), StreamMutation.Pieces(random));
        }
        catch (InvalidDataException)
        {
            // Only the framer of binary messages may: its relay takes it for a broken stream.
            Assert.Equal(FrameFormat.AwsEventStream, upstream.Protocol.Frames);
            end = DecodedEnd.Broken;
        }

        if (end == DecodedEnd.Normal)
        {
            writer.End();
        }
        else
        {
            writer.Error(in Broken);
        }

        Readable(client, stream: true, output.WrittenSpan, stream);
        var ended = EndMarkers.StandIn(client.Reading, output.WrittenSpan);
        if (ended != (end == DecodedEnd.Normal) || (!ended && output.WrittenSpan.IndexOf("\"error\""u8) < 0))
        {
            throw new FuzzException($"{client.Operation}: {end} became {(ended ? "an end" : "none")}", Encoding.UTF8.GetString(stream) + "\n->\n" + Encoding.UTF8.GetString(output.WrittenSpan));
        }

        return end;
    }

    /// <summary>Valid UTF-8, and JSON wherever the protocol has it. Arguments of calls are the upstream's own text where they are text.</summary>
    private static void Readable(FuzzedClient client, bool stream, ReadOnlySpan<byte> written, byte[] source)
    {
        var all = written.ToArray();
        var documents = !stream || client.AsArray ? [Encoding.UTF8.GetString(all)]
            : client.Reading == "ollama" ? [.. Encoding.UTF8.GetString(all).Split('\n', StringSplitOptions.RemoveEmptyEntries)] : SeenAnswer.SseData(all);
        try
        {
            documents.ForEach(static document => JsonDocument.Parse(document).Dispose());
        }
        catch (JsonException exception)
        {
            throw new FuzzException($"{client.Operation}: no JSON was written", $"{exception}\n{Encoding.UTF8.GetString(source)}\n->\n{Encoding.UTF8.GetString(all)}");
        }

        if (!System.Text.Unicode.Utf8.IsValid(all))
        {
            throw new FuzzException($"{client.Operation}: no UTF-8 was written", $"{Encoding.Latin1.GetString(source)}\n->\n{Encoding.Latin1.GetString(all)}");
        }
    }

    /// <summary>Reads each error at once, as the relay does.</summary>
    private sealed class ErrorsRead(IAnswerDecoder decoder) : IAnswerDecoder
    {
        public bool IsFinished => decoder.IsFinished;

        public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
        {
            var kind = decoder.Decode(frame, sink);
            if (kind == EventKind.Error)
            {
                var error = decoder.ReadError(frame);
                Assert.InRange(UpstreamErrors.ToReply(error).Status, 400, 599);
            }

            return kind;
        }

        public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink) => decoder.DecodeAnswer(document, sink);

        public UpstreamError ReadError(ReadOnlySpan<byte> frame) => decoder.ReadError(frame);

        public bool IsWholeEvent(ReadOnlySpan<byte> rest) => decoder.IsWholeEvent(rest);
    }
}
