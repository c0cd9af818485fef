/**
 * The script of the page. It is handed to the browser as its own text, so it may use nothing of this module.
 *
 * Each section is a step and says which pass works at which node; of the picture, what is known from a later step on is hidden.
 */
export function stepThrough(): void {
  const all = <E extends Element>(selector: string): E[] => [...document.querySelectorAll<E>(selector)];
  const [pane, slider] = [all('.picture')[0]!, all<HTMLInputElement>('input')[0]!];
  const [back, on] = all<HTMLButtonElement>('button');
  const sections = all<HTMLElement>('section');
  const middleOf = (element: Element): { x: number; y: number } => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  };
  const show = (wanted: number): void => {
    const step = Math.min(Math.max(wanted, 0), sections.length - 1);
    const { pass, node } = sections[step]!.dataset;
    for (const [i, section] of sections.entries()) section.hidden = i !== step;
    for (const each of all<SVGElement>('[data-from]')) each.classList.toggle('later', Number(each.dataset.from) > step);
    for (const each of all<SVGElement>('g')) {
      const works = (each.dataset.id ?? each.dataset.to) === node;
      for (const name of ['forward', 'backward']) each.classList.toggle(name, works && name === pass);
    }
    const [seen, box] = [pane, all(`[data-id="${node ?? 0}"]`)[0]!].map(middleOf);
    pane.scrollBy(box!.x - seen!.x, box!.y - seen!.y);
    slider.value = `${step}`;
    back!.disabled = step === 0;
    on!.disabled = step === sections.length - 1;
    all('output')[0]!.textContent = `${step} of ${sections.length - 1}`;
    history.replaceState(null, '', `#${step}`);
  };
  const move = (by: number): void => show(Number(slider.value) + by);
  back!.onclick = () => move(-1);
  on!.onclick = () => move(1);
  slider.oninput = () => move(0);
  document.onkeydown = ({ key, target }) => {
    if (target === slider) return; // it moves by itself
    if (key === 'ArrowLeft') move(-1);
    if (key === 'ArrowRight') move(1);
  };
  show(Number(location.hash.slice(1)) || 0);
}
