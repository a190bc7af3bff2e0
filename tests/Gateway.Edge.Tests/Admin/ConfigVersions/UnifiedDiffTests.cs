using System.Globalization;
using Gateway.Edge.Admin.ConfigVersions;

namespace Gateway.Edge.Tests.Admin.ConfigVersions;

public sealed class UnifiedDiffTests
{
    [Fact]
    public void Differences_come_with_three_lines_around_and_where_they_are()
    {
        var before = string.Concat(Enumerable.Range(1, 20).Select(static line => $"line {line}\n"));
        var after = before.Replace("line 5\n", "line five\n", StringComparison.Ordinal).Replace("line 18\n", "", StringComparison.Ordinal);

        Assert.Equal(
            """
            --- version 1
            +++ version 2
            @@ -2,7 +2,7 @@
             line 2
             line 3
             line 4
            -line 5
            +line five
             line 6
             line 7
             line 8
            @@ -15,6 +15,5 @@
             line 15
             line 16
             line 17
            -line 18
             line 19
             line 20

            """,
            UnifiedDiff.Of(before, after, "version 1", "version 2"));
    }

    [Fact]
    public void Same_text_has_none_and_a_first_one_is_all_new()
    {
        Assert.Equal("", UnifiedDiff.Of("a\nb\n", "a\r\nb", "x", "y"));
        Assert.Equal("--- nothing\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n", UnifiedDiff.Of("", "a\nb\n", "nothing", "y"));
        Assert.Equal("--- x\n+++ y\n@@ -1,1 +0,0 @@\n-a\n", UnifiedDiff.Of("a", "", "x", "y"));
    }

    [Fact]
    public void Random_differences_make_the_one_text_of_the_other()
    {
        var random = new Random(11);
        for (var i = 0; i < 300; i++)
        {
            var before = Enumerable.Range(0, random.Next(30)).Select(_ => $"{random.Next(6)}").ToList();
            var after = before.Where(_ => random.Next(4) > 0).SelectMany(line => random.Next(5) == 0 ? [line, $"{random.Next(6)}"] : new[] { line }).ToList();

            Assert.Equal(after, Apply(before, UnifiedDiff.Of(string.Join('\n', before), string.Join('\n', after), "a", "b")));
        }
    }

    [Fact]
    public void Texts_with_nothing_in_common_are_compared_in_no_time()
    {
        var before = string.Concat(Enumerable.Range(0, 20_000).Select(static line => $"a{line}\n"));
        var after = string.Concat(Enumerable.Range(0, 20_000).Select(static line => $"b{line}\n"));

        Assert.Contains("@@ -1,20000 +1,20000 @@", UnifiedDiff.Of(before, after, "x", "y"), StringComparison.Ordinal);
    }

    private static List<string> Apply(List<string> before, string diff)
    {
        var (result, at) = (new List<string>(), 0);
        foreach (var line in diff.Split('\n').Skip(2).Where(static line => line.Length > 0))
        {
            if (line.StartsWith("@@", StringComparison.Ordinal))
            {
                var range = line.Split(' ')[1][1..].Split(',');
                var (start, count) = (int.Parse(range[0], CultureInfo.InvariantCulture), int.Parse(range[1], CultureInfo.InvariantCulture));
                while (at < (count == 0 ? start : start - 1))
                {
                    result.Add(before[at++]);
                }
            }
            else if (line[0] == '+')
            {
                result.Add(line[1..]);
            }
            else
            {
                Assert.Equal(before[at++], line[1..]);
                result.AddRange(line[0] == ' ' ? [line[1..]] : Array.Empty<string>());
            }
        }

        result.AddRange(before.Skip(at));
        return result;
    }
}
