using System.Net;
using System.Net.Sockets;

namespace Gateway.Bench.Load;

/// <summary>One keep-alive connection of the generator with at most one request under way.</summary>
internal sealed class LoadConnection(LoadPlan plan, int key) : IDisposable
{
    private Socket? _socket;

    public int Fd => (int)_socket!.Handle;

    public int Key { get; } = key;

    public ResponseParser Parser { get; } = new(plan.Stream, plan.Tokens);

    public bool Busy { get; set; }

    /// <summary>When the request should have left; in a closed loop when it did.</summary>
    public long Intended { get; set; }

    /// <summary>Connects, for the first time or anew.</summary>
    public void Connect()
    {
        _socket?.Dispose();
        _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(IPAddress.Loopback, plan.Port);
    }

    public void Dispose() => _socket?.Dispose();
}
