// The lowest contrast between a text of the page and what is behind it, by WCAG's formula:
// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. The value of the last expression is the result.
(() => {
  // Drawn, so that every form in which a browser gives a color can be read.
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const drawn = colors => {
    context.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = color => {
    const [red, green, blue] = color.map(it => it / 255)
      .map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = element => {
    const colors = [];
    for (let it = element; it; it = it.parentElement) colors.unshift(getComputedStyle(it).backgroundColor);
    return ["white", ...colors];
  };
  const texts = [...document.querySelectorAll("body *:not(script)")].filter(it =>
    it.checkVisibility() && [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  const measured = texts.map(it => {
    const back = behind(it);
    const pair = [drawn(back), drawn([...back, getComputedStyle(it).color])].map(luminance);
    const [dark, light] = pair.sort((a, b) => a - b);
    return { contrast: (light + 0.05) / (dark + 0.05), text: it.textContent };
  }).sort((a, b) => a.contrast - b.contrast);
  const { contrast: lowest, text } = measured[0];
  return { texts: texts.length, lowest, text, dark: luminance(drawn(behind(document.body))) < 0.2 };
})()
