namespace Aspire.Hosting.Running;

/// <summary>Writes whole lines to the terminal, each under the name of who says it.</summary>
internal static class HostConsole
{
    public static void Host(string line) => Write("host", line);

    public static void Write(string source, string line) => Console.Out.WriteLine($"[{source}] {line}");

    public static void Table(IReadOnlyList<Instance> instances)
    {
        var width = instances.Max(static i => i.Id.Length);
        foreach (var instance in instances)
        {
            Host($"{instance.Id.PadRight(width)}  {string.Join(" ", instance.Urls)}".TrimEnd());
        }
    }
}
