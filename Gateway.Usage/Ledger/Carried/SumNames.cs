using System.Text;

namespace Gateway.Usage.Ledger.Carried;

/// <summary>
/// The names in a file of carried sums, under numbers of its own: the shared <see cref="NameFile"/> can be made again from segments only, and these have none any more. Number 0 is the empty name, and among
/// sets of labels the empty set. Not thread-safe.
/// </summary>
internal sealed class SumNames(NameTable shared)
{
    private readonly Dictionary<int, int> _names = new() { [NameTable.Empty] = 0 };
    private readonly Dictionary<int, int> _sets = new() { [NameTable.Empty] = 0 };
    private readonly List<int> _nameOrder = [NameTable.Empty];
    private readonly List<int> _setOrder = [NameTable.Empty];

    /// <summary>The number here of one in the shared table.</summary>
    public int Of(int name) => Of(name, _names, _nameOrder, out _);

    /// <summary>The same of a set of labels.</summary>
    public int OfSet(int set)
    {
        var number = Of(set, _sets, _setOrder, out var isNew);
        if (isNew)
        {
            foreach (var label in shared.Set(set))
            {
                Of(label);
            }
        }

        return number;
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write7BitEncodedInt(_nameOrder.Count - 1);
        foreach (var name in _nameOrder.Skip(1))
        {
            shared.CopyTo(writer, name, name + 1);
        }

        writer.Write7BitEncodedInt(_setOrder.Count - 1);
        foreach (var set in _setOrder.Skip(1))
        {
            var labels = shared.Set(set);
            writer.Write7BitEncodedInt(labels.Length);
            foreach (var label in labels)
            {
                writer.Write7BitEncodedInt(_names[label]);
            }
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads what was written.</summary>
    /// <param name="bytes">Their checksum was found good.</param>
    /// <param name="shared">Gets the names that it does not have.</param>
    /// <returns>For each number of a name, and of a set, the one in the shared table.</returns>
    /// <exception cref="InvalidDataException">They make no sense.</exception>
    public static (int[] Names, int[] Sets) Read(byte[] bytes, NameTable shared)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var names = new int[Count(reader) + 1];
        for (var i = 1; i < names.Length; i++)
        {
            names[i] = shared.Of(reader.ReadBytes(Count(reader)));
        }

        var sets = new int[Count(reader) + 1];
        for (var i = 1; i < sets.Length; i++)
        {
            var labels = new int[Count(reader)];
            for (var label = 0; label < labels.Length; label++)
            {
                labels[label] = reader.Read7BitEncodedInt() is var name && (uint)name < (uint)names.Length ? names[name] : throw new InvalidDataException("A label of the sums has no name.");
            }

            sets[i] = shared.OfNumbers(labels);
        }

        return (names, sets);
    }

    private static int Count(BinaryReader reader) => reader.Read7BitEncodedInt() is var count && count >= 0 && count <= reader.BaseStream.Length
        ? count : throw new InvalidDataException("The names of the sums make no sense.");

    private static int Of(int shared, Dictionary<int, int> numbers, List<int> order, out bool isNew)
    {
        isNew = !numbers.TryGetValue(shared, out var number);
        if (isNew)
        {
            numbers.Add(shared, number = order.Count);
            order.Add(shared);
        }

        return number;
    }
}
