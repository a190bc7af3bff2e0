using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>The keys of a call that names many things: each once. Not thread-safe.</summary>
internal sealed class KeyTable
{
    private readonly List<RedisKey> _keys;
    private readonly Dictionary<RedisKey, int> _numbers = [];

    /// <param name="first">Keys with fixed places.</param>
    public KeyTable(IEnumerable<RedisKey> first)
    {
        _keys = [.. first];
    }

    /// <returns>The number that a script knows it by: from 1 on.</returns>
    public int IndexOf(RedisKey key)
    {
        if (!_numbers.TryGetValue(key, out var number))
        {
            _keys.Add(key);
            number = _keys.Count;
            _numbers.Add(key, number);
        }

        return number;
    }

    public RedisKey[] ToArray() => [.. _keys];
}
