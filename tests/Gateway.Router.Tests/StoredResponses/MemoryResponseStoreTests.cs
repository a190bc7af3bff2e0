using System.Text;
using Gateway.Core.Tests.Journal;
using Gateway.Router.StoredResponses;
using Microsoft.Extensions.Options;

namespace Gateway.Router.Tests.StoredResponses;

public sealed class MemoryResponseStoreTests
{
    private readonly JournalTime _time = new();
    private readonly MemoryResponseStore _store;

    public MemoryResponseStoreTests() =>
        _store = new MemoryResponseStore(Options.Create(new StoredResponseOptions { Retention = TimeSpan.FromHours(1), MaxMemoryBytes = 100 }), _time);

    [Fact]
    public async Task Response_PastItsRetention_IsGone()
    {
        await SaveAsync("a", 10);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.True(await HasAsync("a"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(await HasAsync("a"));
        Assert.False(await _store.DeleteAsync("k", "a", default));
    }

    [Fact]
    public async Task Memory_Full_ForgetsTheOldest()
    {
        await SaveAsync("a", 40);
        await SaveAsync("b", 40);
        await SaveAsync("c", 40);
        Assert.Equal((false, true, true), (await HasAsync("a"), await HasAsync("b"), await HasAsync("c")));

        // Room that was given back can be used again.
        await _store.DeleteAsync("k", "b", default);
        await SaveAsync("d", 60);
        Assert.Equal((true, true), (await HasAsync("c"), await HasAsync("d")));
    }

    [Fact]
    public async Task Response_SavedTwice_CountsOnce()
    {
        for (var i = 0; i < 10; i++)
        {
            await SaveAsync("a", 30);
        }

        await SaveAsync("b", 30);
        Assert.Equal((true, true), (await HasAsync("a"), await HasAsync("b")));
    }

    [Fact]
    public async Task Items_GoWithTheirResponse()
    {
        await SaveAsync("a", "i", "j");
        Assert.Equal("""{"id":"i"}""", Encoding.UTF8.GetString((await _store.LoadItemsAsync("k", ["i", "x"], default))["i"].Span));
        Assert.Equal(["i", "j"], await ItemsAsync("i", "j", "x"));
        Assert.Empty(await _store.LoadItemsAsync("other", ["i"], default));

        // One that came again belongs to the later response.
        await SaveAsync("b", "j");
        await _store.DeleteAsync("k", "a", default);
        Assert.Equal(["j"], await ItemsAsync("i", "j"));
        await _store.DeleteAsync("k", "b", default);
        Assert.Empty(await ItemsAsync("i", "j"));

        await SaveAsync("c", "i");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await ItemsAsync("i"));
        await SaveAsync("d", "i");
        await SaveAsync("e", 90);
        Assert.Empty(await ItemsAsync("i"));
    }

    [Fact]
    public void Response_PackedAndUnpacked_IsTheSame()
    {
        var packed = new StoredResponse("a", "{}"u8.ToArray(), "[1]"u8.ToArray()).Pack();
        var unpacked = StoredResponse.Unpack("a", packed)!;
        Assert.Equal("{}"u8.ToArray(), unpacked.Response.ToArray());
        Assert.Equal("[1]"u8.ToArray(), unpacked.Input.ToArray());
        Assert.Null(StoredResponse.Unpack("a", packed.AsMemory(0, 3)));
        Assert.Null(StoredResponse.Unpack("a", new byte[] { 9, 0, 0, 0, 1 }));
    }

    private ValueTask SaveAsync(string id, int bytes) => _store.SaveAsync("k", new StoredResponse(id, new byte[bytes], default), default);

    private ValueTask SaveAsync(string id, params string[] items) => _store.SaveAsync(
        "k", new StoredResponse(id, Encoding.UTF8.GetBytes($$"""{"output":[{{string.Join(',', items.Select(static item => $$"""{"id":"{{item}}"}"""))}}]}"""), default), default);

    private async Task<IEnumerable<string>> ItemsAsync(params string[] ids) => (await _store.LoadItemsAsync("k", ids, default)).Keys.Order();

    private async Task<bool> HasAsync(string id) => await _store.LoadAsync("k", id, default) is not null;
}
