using System.Buffers.Binary;
using System.Text;
using Gateway.Core.Journal;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Ledger;

/// <summary>
/// The names of a <see cref="NameTable"/> on disk, appended to before anything is written that uses their numbers: <c>[magic 8][table id 16]</c>, then runs
/// <c>[length u32][crc32c u32][names]</c>. It is made from the segments like all that uses it: what is damaged begins again under another id, which makes everything under the old id void.
/// One writer at a time.
/// </summary>
internal sealed class NameFile : IDisposable
{
    public const string Name = "names";
    private const int HeadBytes = 24;
    private const int RunHeadBytes = 8;

    private readonly string _folder;
    private readonly JournalDisk _disk;
    private SafeFileHandle? _file;
    private long _length;
    private int _written = 1;    // the empty name is always there

    private NameFile(string folder, JournalDisk disk, NameTable names, Guid id) => (_folder, _disk, Names, Id) = (folder, disk, names, id);

    public NameTable Names { get; }

    /// <summary>Numbers mean something only together with this.</summary>
    public Guid Id { get; }

    private static ReadOnlySpan<byte> Magic => "GWNAMES1"u8;

    /// <summary>Opens the names of a folder.</summary>
    /// <param name="needed">How many names the files of a table need, by its id.</param>
    public static NameFile Open(string folder, JournalDisk disk, Func<Guid, int> needed)
    {
        var path = System.IO.Path.Combine(folder, Name);
        if (File.Exists(path))
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length >= HeadBytes && bytes.AsSpan().StartsWith(Magic))
            {
                var id = new Guid(bytes.AsSpan(8, 16), bigEndian: true);
                var file = new NameFile(folder, disk, new NameTable(), id);
                file.Read(bytes);
                if (file._written >= needed(id))
                {
                    // An unfinished run at the end is written over.
                    file._file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                    RandomAccess.SetLength(file._file, file._length);
                    return file;
                }
            }
        }

        return new NameFile(folder, disk, new NameTable(), Guid.NewGuid());
    }

    /// <summary>Makes all names that there are now durable.</summary>
    /// <returns>How many there are.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    public int Flush()
    {
        var count = Names.Count;
        if (count == _written && _file is not null)
        {
            return count;
        }

        using var stream = new MemoryStream();
        stream.SetLength(RunHeadBytes);
        stream.Position = RunHeadBytes;
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            Names.CopyTo(writer, _written, count);
        }

        var run = stream.GetBuffer().AsSpan(0, (int)stream.Length);
        BinaryPrimitives.WriteInt32LittleEndian(run, run.Length - RunHeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(run[4..], Crc32C.Compute(run[RunHeadBytes..]));
        if (_file is null)
        {
            Create(run);
        }
        else
        {
            _disk.Write(_file, run, _length);
            _disk.Sync(_file);
        }

        _length += run.Length;
        _written = count;
        return count;
    }

    public void Dispose() => _file?.Dispose();

    // The old file stays until the new one is whole.
    private void Create(ReadOnlySpan<byte> run)
    {
        var path = System.IO.Path.Combine(_folder, Name);
        File.Delete(path + ".new");
        var file = _disk.Create(path + ".new");
        try
        {
            Span<byte> head = stackalloc byte[HeadBytes];
            Magic.CopyTo(head);
            Id.TryWriteBytes(head[8..], bigEndian: true, out _);
            _disk.Write(file, head, 0);
            _disk.Write(file, run, HeadBytes);
            _disk.Sync(file);
            File.Move(path + ".new", path, overwrite: true);
            _disk.SyncFolder(_folder);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        (_file, _length) = (file, HeadBytes);
    }

    private void Read(byte[] bytes)
    {
        _length = HeadBytes;
        while (bytes.Length - _length >= RunHeadBytes)
        {
            var head = bytes.AsSpan((int)_length, RunHeadBytes);
            var length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length < 0 || length > bytes.Length - _length - RunHeadBytes
                || BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != Crc32C.Compute(bytes.AsSpan((int)_length + RunHeadBytes, length)))
            {
                return;
            }

            using var reader = new BinaryReader(new MemoryStream(bytes, (int)_length + RunHeadBytes, length));
            while (reader.BaseStream.Position < length)
            {
                Names.Of(reader.ReadBytes(reader.Read7BitEncodedInt()));
            }

            _length += RunHeadBytes + length;
            _written = Names.Count;
        }
    }
}
