using System.Text;
using System.Text.RegularExpressions;
using Gateway.Core.Tests;

namespace Gateway.Router.Tests.Samples;

/// <summary>The code in docs/extending.md is the code that is built and tested here, and the files that it names are there.</summary>
public sealed partial class ExtendingPageTests
{
    private static readonly string File = RepositoryFiles.PathOf("docs", "extending.md");

    [Fact]
    public void Code_OnThePage_IsTheSamplesOwn()
    {
        var page = System.IO.File.ReadAllText(File);
        var current = Quote().Replace(page, static match =>
            $"<!-- sample {match.Groups["path"].Value}: {match.Groups["name"].Value} -->\n```csharp\n{Sample(match.Groups["path"].Value, match.Groups["name"].Value)}```\n");
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            System.IO.File.WriteAllText(File, page = current);
        }

        Assert.True(page == current, "docs/extending.md quotes samples that have changed. Quote them again: UPDATE_DOCS=1 dotnet test tests/Gateway.Router.Tests --filter ExtendingPageTests");
        Assert.True(Quote().Count(page) >= 5, "The page lost its samples.");
        Assert.Equal(Quote().Count(page), page.Split("```csharp").Length - 1);
    }

    [Fact]
    public void Path_OnThePage_IsThere()
    {
        var paths = Link().Matches(System.IO.File.ReadAllText(File)).Select(static match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(paths);
        Assert.All(paths, static path => Assert.True(Path.Exists(RepositoryFiles.PathOf(path)), path));
    }

    /// <summary>The lines between a sample's marks, moved to the left margin.</summary>
    private static string Sample(string path, string name)
    {
        var lines = System.IO.File.ReadAllLines(RepositoryFiles.PathOf(path));
        var start = Array.FindIndex(lines, line => line.Trim() == $"// sample: {name}") + 1;
        var end = start > 0 ? Array.FindIndex(lines, start, static line => line.Trim() == "// end sample") : -1;
        Assert.True(end > start, $"{path} has no sample called {name}.");
        var margin = lines[start..end].Where(static line => line.Length > 0).Min(static line => line.Length - line.TrimStart().Length);
        var code = new StringBuilder();
        foreach (var line in lines[start..end])
        {
            code.Append(line.Length == 0 ? "" : line[margin..]).Append('\n');
        }

        return code.ToString();
    }

    [GeneratedRegex("<!-- sample (?<path>[^ :]+): (?<name>[a-z-]+) -->\n```csharp\n(?<code>.*?)```\n", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Quote();

    /// <summary>Names of files and folders of the repository in code marks; one with a place holder is none.</summary>
    [GeneratedRegex(@"`((?:Gateway\.\w+|tests|docs)/[\w./-]+)`", RegexOptions.CultureInvariant)]
    private static partial Regex Link();
}
