namespace Gateway.Router.Credentials;

/// <summary>
/// Different sessions whose last call is not longer ago than the window. Holds no more of them than are allowed. Guarded by the lock of its owner.
/// </summary>
internal sealed class SessionWindow(TimeSpan window)
{
    private readonly Dictionary<ulong, LinkedListNode<(ulong Session, long At)>> _nodes = [];
    private readonly LinkedList<(ulong Session, long At)> _byAge = new();

    public int Count => _nodes.Count;

    /// <summary>A session that is counted already passes.</summary>
    /// <returns>Ticks at which there is room for one more; 0 when there is.</returns>
    public long BlockedUntil(ulong session, long limit, long now)
    {
        Forget(now);
        if (_nodes.Count < limit || _nodes.ContainsKey(session))
        {
            return 0;
        }

        // More than one has to leave where the limit was lowered.
        var leaving = _byAge.First!;
        for (var i = _nodes.Count; i > limit && leaving.Next is { } next; i--)
        {
            leaving = next;
        }

        return leaving.Value.At + window.Ticks;
    }

    public void Note(ulong session, long now)
    {
        if (_nodes.TryGetValue(session, out var node))
        {
            _byAge.Remove(node);
            node.Value = (session, now);
            _byAge.AddLast(node);
        }
        else
        {
            _nodes.Add(session, _byAge.AddLast((session, now)));
        }
    }

    private void Forget(long now)
    {
        while (_byAge.First is { } oldest && now - oldest.Value.At >= window.Ticks)
        {
            _byAge.RemoveFirst();
            _nodes.Remove(oldest.Value.Session);
        }
    }
}
