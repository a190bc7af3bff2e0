using Gateway.Core.Errors;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Tests.Ledger;

public sealed class ColumnTests
{
    [Fact]
    public void Names_keep_their_numbers_however_many_there_are()
    {
        var names = new NameTable();
        var all = Enumerable.Range(0, 20_000).Select(static i => i switch { 0 => "", 7 => "ü", 8 => new string('é', 70_000), 9 => "a\0b", _ => "name " + i }).ToArray();
        Assert.Equal(Enumerable.Range(0, all.Length), all.Select(names.Of));
        Assert.Equal(Enumerable.Range(0, all.Length), all.Select(names.Of));

        Assert.Equal(all, Enumerable.Range(0, all.Length).Select(number => names[number]));
        Assert.Equal(9, names.Find("a\0b"));
        Assert.Equal(-1, names.Find("nobody"));
    }

    [Fact]
    public void Sets_of_labels_are_told_apart_by_members_and_order_and_never_taken_for_names()
    {
        var names = new NameTable();
        var (ab, ba) = (names.OfSet(["a", "b"]), names.OfSet(["b", "a"]));
        Assert.Equal(3, new[] { ab, ba, names.OfSet(["a"]) }.Distinct().Count());
        Assert.Equal(ab, names.OfSet(["a", "b"]));
        Assert.Equal(["a", "b"], names.Set(ab).Select(number => names[number]));
        Assert.Equal(NameTable.Empty, names.OfSet([]));
        Assert.Equal([NameTable.Empty], names.Set(NameTable.Empty));
        var many = Enumerable.Range(0, 200).Select(static i => "label " + i).ToArray();
        Assert.Equal(many, names.Set(names.OfSet(many)).Select(number => names[number]));
    }

    [Fact]
    public void An_id_filter_knows_all_its_ids_and_few_others()
    {
        var ids = Enumerable.Range(0, 20_000).Select(static i => IdFilter.KeyOf(i % 2 == 0 ? Guid.NewGuid() : Guid.CreateVersion7())).ToArray();
        var filter = new IdFilter(ids.Length);
        Array.ForEach(ids, filter.Add);

        Assert.All(ids, id => Assert.True(filter.MayHave(id)));
        Assert.InRange(Enumerable.Range(0, 20_000).Count(_ => filter.MayHave(IdFilter.KeyOf(Guid.CreateVersion7()))), 0, 800);
    }

    [Fact]
    public void A_report_with_more_groups_than_an_answer_holds_is_refused_with_what_to_do()
    {
        var names = new NameTable();
        var segment = new OpenSegment(1);
        for (var i = 0; i < 30; i++)
        {
            segment.Add(FakeJournal.Final(key: "key " + i), i, names);
        }

        var enough = new SumScan(new UsageQuery([UsageDimension.Key]), names, 30);
        enough.Add(segment.Snapshot(), default);
        Assert.Equal(30, enough.Finish().Groups.Count);
        var refused = Assert.Throws<GatewayException>(() => new SumScan(new UsageQuery([UsageDimension.Key]), names, 29).Add(segment.Snapshot(), default));
        Assert.Equal((GatewayErrorKind.InvalidRequest, "group"), (refused.Error.Kind, refused.Error.Param));
        Assert.Contains("29 groups", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_by_all_dimensions_at_once_are_kept_apart()
    {
        var names = new NameTable();
        var segment = new OpenSegment(1);
        var random = new RandomLedger(8);
        var finals = Enumerable.Range(0, 3000).Select(_ => random.Next()).ToList();
        finals.ForEach(final => segment.Add(final, 7, names));
        var query = new UsageQuery(Enum.GetValues<UsageDimension>());
        var (left, right) = (new SumScan(query, names, 100_000), new SumScan(query, names, 100_000));
        left.Add(segment.Snapshot(), default);
        right.Add(segment.Snapshot(), default);
        left.Add(right);

        Assert.Equal(RandomLedger.Lines(RandomLedger.Model(query, finals.Concat(finals))), RandomLedger.Lines(left.Finish()));
    }
}
