// The form, where this tag stands, or in the element that data-in names. What it looks like and says comes from the
// server, in the page’s language; this sends it, and keeps what was typed when that fails.
(() => {
  const tag = document.currentScript
  const base = tag.src.replace(/\/form\.js.*$/, '')
  const begin = () => {
    let place = tag.dataset.in && document.querySelector(tag.dataset.in)
    if (!place) {
      place = document.createElement('div')
      tag.closest('head') ? document.body.append(place) : tag.after(place)
    }
    const root = place.shadowRoot || place.attachShadow({ mode: 'open' })
    const near = place.closest('[lang]')
    const lang = tag.dataset.lang || (near && near.lang) || navigator.language
    const at = `${base}/part?lang=${encodeURIComponent(lang)}`
    // Fields and messages fit the page’s own letters, whatever it says of its colours.
    const fit = () => {
      const [r, g, b] = (getComputedStyle(place).color.match(/[\d.]+/g) || [0, 0, 0]).map(Number)
      place.style.colorScheme = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? 'dark' : 'light'
    }
    fit()
    // The page may turn with its system, or by a button of its own.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => requestAnimationFrame(fit))
    const turned = new MutationObserver(fit)
    for (const whole of [document.documentElement, document.body]) turned.observe(whole, { attributes: true })
    let sending = false

    const show = (html) => {
      const page = new DOMParser().parseFromString(html, 'text/html')
      const style = new CSSStyleSheet()
      style.replaceSync([...page.querySelectorAll('style')].map((s) => s.textContent).join(''))
      root.adoptedStyleSheets = [style]
      const files = root.querySelector('input[type=file]')
      const part = page.querySelector('.saker')
      // Chosen files can’t be written into a field: the field goes on with them.
      const empty = part.querySelector('input[type=file]')
      if (files && empty && files.files.length) {
        if (empty.ariaInvalid) files.setAttribute('aria-invalid', 'true')
        else files.removeAttribute('aria-invalid')
        empty.replaceWith(files)
        part.querySelectorAll('.files-again').forEach((words) => words.remove())
      }
      root.replaceChildren(part)
      const first = root.querySelector('[data-first]')
      if (first) first.focus()
    }

    const send = async (form) => {
      if (sending) return
      const button = form.querySelector('button')
      const status = form.querySelector('.status')
      const words = button.textContent
      const say = (text) => { status.textContent = text }
      const file = form.querySelector('input[type=file]')
      const size = file ? [...file.files].reduce((sum, one) => sum + one.size, 0) : 0
      if (size > Number(form.dataset.most)) return say(form.dataset.large)
      sending = true
      button.setAttribute('aria-disabled', 'true')
      button.textContent = form.dataset.sending
      say('')
      let html
      try {
        const answer = await fetch(at, { method: 'POST', body: new FormData(form), credentials: 'omit' })
        if (answer.status === 413) return say(form.dataset.large)
        if ((answer.headers.get('content-type') || '').startsWith('text/html')) html = await answer.text()
        else say(form.dataset.failed)
      } catch {
        say(form.dataset.failed)
      } finally {
        sending = false
        button.removeAttribute('aria-disabled')
        button.textContent = words
      }
      if (html) show(html)
    }

    root.addEventListener('submit', (event) => {
      event.preventDefault()
      send(event.target)
    })
    root.addEventListener('click', (event) => {
      const link = event.target.closest('a[href^="#"]')
      const field = link && root.getElementById(link.hash.slice(1))
      if (!field) return
      event.preventDefault()
      field.focus()
    })
    fetch(at, { credentials: 'omit' })
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
      .then(show)
      .catch(() => {
        const link = document.createElement('a')
        link.href = base
        link.textContent = lang.startsWith('en') ? 'To the contact form' : 'Til kontaktskjemaet'
        root.replaceChildren(link)
      })
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin)
  else begin()
})()
