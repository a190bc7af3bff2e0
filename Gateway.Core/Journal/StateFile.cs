using System.Buffers.Binary;

namespace Gateway.Core.Journal;

/// <summary>A few numbers in a file of their own, replaced as a whole: after a crash there is the old or the new, never half.</summary>
internal static class StateFile
{
    private const int CrcBytes = 4;

    /// <returns>Null when there is no such file or it is damaged.</returns>
    public static long[]? Read(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
        if (bytes.Length <= CrcBytes || (bytes.Length - CrcBytes) % sizeof(long) != 0
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[^CrcBytes..]) != Crc32C.Compute(bytes[..^CrcBytes]))
        {
            return null;
        }

        var values = new long[(bytes.Length - CrcBytes) / sizeof(long)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(long))..]);
        }

        return values;
    }

    public static void Write(string folder, string name, ReadOnlySpan<long> values, JournalDisk disk)
    {
        var bytes = new byte[(values.Length * sizeof(long)) + CrcBytes];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - CrcBytes), Crc32C.Compute(bytes.AsSpan(0, bytes.Length - CrcBytes)));
        var path = Path.Combine(folder, name);
        File.Delete(path + ".new");
        using (var file = disk.Create(path + ".new"))
        {
            disk.Write(file, bytes, 0);
            disk.Sync(file);
        }

        File.Move(path + ".new", path, overwrite: true);
        disk.SyncFolder(folder);
    }
}
