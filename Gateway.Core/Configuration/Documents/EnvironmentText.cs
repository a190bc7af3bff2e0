using System.Text;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Puts environment variables into a scalar: <c>${NAME}</c>, <c>${NAME:-default}</c>; <c>$$</c> is one <c>$</c>.</summary>
/// <remarks>It works on text that YAML is done with, so what a variable holds can never become structure. A lone <c>$</c> stays, since regular expressions end in one.</remarks>
internal static class EnvironmentText
{
    private const string Fallback = ":-";

    /// <param name="text">The scalar as written.</param>
    /// <param name="environment">Value of a variable, or null when it is not set.</param>
    /// <param name="result">The text with everything put in.</param>
    /// <param name="used">Name of the last variable that took part, or null.</param>
    /// <returns>Null when it is good, else what is wrong.</returns>
    public static string? Expand(string text, Func<string, string?> environment, out string result, out string? used)
    {
        result = text;
        used = null;
        if (!text.Contains('$', StringComparison.Ordinal))
        {
            return null;
        }

        var expanded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (text[i] != '$' || next is not ('$' or '{'))
            {
                expanded.Append(text[i]);
                continue;
            }

            if (next == '$')
            {
                expanded.Append('$');
                i++;
                continue;
            }

            var end = text.IndexOf('}', i);
            if (end < 0)
            {
                return "\"${\" without \"}\"; write $$ for a plain $";
            }

            var problem = ExpandOne(text[(i + 2)..end], environment, expanded, out used);
            if (problem is not null)
            {
                return problem;
            }

            i = end;
        }

        result = expanded.ToString();
        return null;
    }

    private static string? ExpandOne(string inner, Func<string, string?> environment, StringBuilder expanded, out string? used)
    {
        var split = inner.IndexOf(Fallback, StringComparison.Ordinal);
        var name = split < 0 ? inner : inner[..split];
        used = null;
        if (!IsName(name))
        {
            return "\"${...}\" needs the name of an environment variable: letters, digits and _, not a digit first; write $$ for a plain $";
        }

        used = name;
        var value = environment(name);
        if (split >= 0 && string.IsNullOrEmpty(value))
        {
            value = inner[(split + Fallback.Length)..];
            if (value.Contains("${", StringComparison.Ordinal))
            {
                return $"the default of ${{{name}}} holds another variable; defaults are plain text";
            }
        }

        if (value is null)
        {
            return $"environment variable {name} is not set; set it, or write ${{{name}:-default}}";
        }

        expanded.Append(value);
        return null;
    }

    private static bool IsName(string name)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
        {
            return false;
        }

        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character != '_')
            {
                return false;
            }
        }

        return true;
    }
}
