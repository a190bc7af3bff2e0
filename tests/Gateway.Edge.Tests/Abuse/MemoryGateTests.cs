using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Edge.Abuse;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Abuse;

public sealed class MemoryGateTests
{
    private readonly ManualTime _time = new();
    private long _heap;
    private int _collections;

    [Theory]
    [InlineData(850, false)]
    [InlineData(851, true)]
    public void Heap_OverItsShare_IsFull(long heap, bool isFull)
    {
        _heap = heap;

        Assert.Equal(isFull, Make().Refuse() is not null);
    }

    [Fact]
    public void Heap_ThatIsFull_AsksForACollection_AndIsOpenAgainWhenItHelped()
    {
        var gate = Make();
        Assert.Null(gate.Refuse());
        Assert.Equal(0, _collections);

        _heap = 900;
        Assert.Null(gate.Refuse()); // not looked again yet
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(503, gate.Refuse()!.Facts.Status);
        Assert.NotNull(gate.Refuse()!.RetryAfter);
        Assert.Equal(1, _collections);

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.NotNull(gate.Refuse());
        Assert.Equal(2, _collections);

        _heap = 100;
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Null(gate.Refuse());
    }

    [Fact]
    public void Process_IsNotFull() => Assert.Null(MemoryGate.OfProcess(TimeProvider.System).Refuse());

    [Fact]
    public async Task Body_WhileTheHeapIsFull_Is503_WithoutBeingRead_AndOperatorsGetThrough()
    {
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], services: services => services.AddSingleton(Make()));
        _heap = 999;
        using var client = edge.Client();
        using var admin = edge.Client(EdgeServer.AdminKey);

        // A body that never comes: who waited for it would not answer.
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, edge.Url.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {EdgeServer.Chat} HTTP/1.1\r\nHost: edge\r\nAuthorization: Bearer {EdgeServer.Key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"));
        var head = new byte[4096];
        var read = await socket.GetStream().ReadAsync(head).AsTask().WaitAsync(EdgeServer.Patience);
        var answer = Encoding.ASCII.GetString(head, 0, read);
        using var listed = await client.GetAsync("/v1/models");
        using var operated = await admin.GetAsync("/admin/v1/keys");

        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 2", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((200, 200), ((int)listed.StatusCode, (int)operated.StatusCode));
        Assert.Equal(0, router.Waiting);
    }

    private MemoryGate Make() => new(_time, () => new MemoryReading(_heap, 1000), () => _collections++);
}
